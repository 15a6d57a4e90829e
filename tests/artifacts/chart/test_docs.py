"""What the docs tell people to write renders."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
