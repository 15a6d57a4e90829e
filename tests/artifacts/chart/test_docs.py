"""What the docs tell people to write renders."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.chart.build import ROOT

TEXT = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`((?:podSecurityContext|livenessProbe): \{.*?\}+)`", TEXT)


def test_the_docs_have_examples() -> None:
    assert len(BLOCKS) >= 4
    assert len(INLINE) == 2


@pytest.mark.parametrize("values", [*BLOCKS, *INLINE])
def test_an_example_of_the_docs_changes_what_is_rendered(
    template: Callable[..., list[Any]], tmp_path: Path, values: str
) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(values, encoding="utf-8")
    base = "default-values.yaml"

    assert template(base, f"--values={path}") != template(base)


def test_the_plain_manifests_have_what_the_docs_replace() -> None:
    text = (ROOT / "packaging/kubernetes/exporter.yaml").read_text(encoding="utf-8")
    command = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    (account, image) = re.findall(r"sed 's/(\S+)/\"675aed61\"/; s\|(image: )\|", command)[0]

    assert [item["kind"] for item in yaml.safe_load_all(text) if account in str(item)] == ["ConfigMap"]
    assert text.count(image) == 1
