"""The plain manifests are what the chart gives, and a cluster takes them."""

from collections.abc import Callable

import kubernetes_validate
import yaml

from tests.support.paths import ROOT
from tools.chart.manifests import FOLDER, manifests


def test_the_manifests_are_rendered_from_the_chart(tool: Callable[[str], str]) -> None:
    rendered = manifests(tool("helm"))

    for path, text in rendered.items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, (
            f"{path} is stale: python -m tools.chart.manifests"
        )
    assert {str(path.relative_to(ROOT)) for path in (ROOT / FOLDER).iterdir()} == {
        *rendered,
        f"{FOLDER}/values.yaml",
    }


def test_kubernetes_accepts_the_manifests() -> None:
    objects = list(yaml.safe_load_all((ROOT / FOLDER / "exporter.yaml").read_text(encoding="utf-8")))

    for item in objects:
        kubernetes_validate.validate(item, "1.31", strict=True)

    assert [item["kind"] for item in objects] == ["ServiceAccount", "ConfigMap", "Service", "Deployment"]


def test_the_manifests_leave_the_namespace_to_kubectl_and_the_objects_to_nobody() -> None:
    for name in ("exporter.yaml", "prometheus-operator.yaml"):
        text = (ROOT / FOLDER / name).read_text(encoding="utf-8")
        assert "namespace:" not in text
        assert "managed-by" not in text
        assert "helm.sh" not in text
