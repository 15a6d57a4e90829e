"""The plain manifests are valid, complete and free of Helm, and the docs' command fills in what is left open."""

import re
from collections.abc import Callable

import pytest

from betatel_exporter import __version__
from tests.support.chart import objections
from tests.support.paths import ROOT
from tools.chart.manifests import EXPORTER, OPERATOR, manifests
from tools.chart.objects import parse

Texts = dict[str, str]


@pytest.fixture(scope="module")
def texts(tool: Callable[[str], str]) -> Texts:
    return manifests(tool("helm"))


def test_kubernetes_accepts_the_manifests(texts: Texts) -> None:
    objects = parse(texts[EXPORTER])

    assert objections(objects) == []
    assert [item["kind"] for item in objects] == ["ServiceAccount", "ConfigMap", "Service", "Deployment"]
    assert objections(parse(texts[OPERATOR])) == []
    assert [item["kind"] for item in parse(texts[OPERATOR])] == [
        "PrometheusRule",
        "ServiceMonitor",
    ]


def test_the_manifests_name_no_namespace_and_nothing_of_helm(texts: Texts) -> None:
    for text in texts.values():
        assert not re.search("namespace:|managed-by|helm.sh|checksum/", text)


def test_the_command_of_the_docs_fills_in_account_and_registry(texts: Texts) -> None:
    docs = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    (account, account_id, registry, host) = re.findall(
        r"sed 's/(\S+?)/(\S+?)/; s\|(\S+?)\|(\S+?)\|' dist/" + EXPORTER, docs
    )[0]

    filled = texts[EXPORTER].replace(account, account_id).replace(registry, host)

    assert texts[EXPORTER].count(account) == 1
    assert re.findall(r"image: (\S+)", filled) == [f"{host}/betatel-exporter:{__version__}"]
    assert "YOUR-" not in filled
