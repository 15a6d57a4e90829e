"""The plain manifests are valid, complete and free of Helm, and the docs' command fills in what is left open."""

import re
from collections.abc import Callable

import pytest
import yaml

from betatel_exporter import __version__
from tests.support.chart import container, objections, one
from tests.support.paths import ROOT
from tools.chart.helm import parse
from tools.chart.manifests import EXPORTER, OPERATOR, manifests


@pytest.fixture(scope="module")
def texts(tool: Callable[[str], str]) -> dict[str, str]:
    tool("helm")
    return manifests()


def test_kubernetes_accepts_the_manifests(texts: dict[str, str]) -> None:
    for name, kinds in {
        EXPORTER: ["ServiceAccount", "ConfigMap", "Service", "Deployment"],
        OPERATOR: ["PrometheusRule", "ServiceMonitor"],
    }.items():
        objects = parse(texts[name])

        assert objections(objects) == []
        assert [item["kind"] for item in objects] == kinds
        assert not re.search("namespace:|namespaceSelector|managed-by|helm.sh|checksum/", texts[name])


def test_the_command_of_the_docs_fills_in_account_and_registry(texts: dict[str, str]) -> None:
    docs = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    (placeholder, account), (registry, host) = re.findall(r"s[/|]([A-Z-]+)[/|]([^/|]+)[/|]", docs)

    objects = parse(texts[EXPORTER].replace(placeholder, account).replace(registry, host))
    config = yaml.safe_load(one(objects, "ConfigMap")["data"]["config.yml"])

    assert config["accounts"][0]["account_id"] == account
    assert container(objects)["image"] == f"{host}/betatel-exporter:{__version__}"
    assert "YOUR-" not in str(objects)
