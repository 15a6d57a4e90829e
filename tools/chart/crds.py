"""Custom resource definitions of the operators whose objects the chart makes, from the operators' Go modules.

``python -m tools.chart.crds`` writes them as JSON schemas for the tests; it needs go.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.paths import ROOT

SCHEMAS = "tests/artifacts/chart/crds"
MODULES = {
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": [
        f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
        for kind in ("servicemonitors", "podmonitors", "scrapeconfigs", "prometheusrules")
    ],
    "github.com/grafana/grafana-operator/v5@v5.18.0": [
        "config/crd/bases/grafana.integreatly.org_grafanadashboards.yaml"
    ],
}


def definitions() -> Iterator[Any]:
    """The documents as kubectl would apply them."""
    for module, paths in MODULES.items():
        command = ["go", "mod", "download", "-json", module]
        downloaded = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300)  # noqa: S603
        folder = Path(json.loads(downloaded.stdout)["Dir"])
        for path in paths:
            yield yaml.load((folder / path).read_text(encoding="utf-8"), yaml.CSafeLoader)


def strict_schema(definition: Any) -> dict[str, Any]:
    """The definition's schema without descriptions and other discoveries than Kubernetes'; unknown fields are refused."""
    (version,) = definition["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    api_version = f"{definition['spec']['group']}/{version['name']}"
    return {
        "required": ["apiVersion", "spec"],
        "properties": {"apiVersion": {"const": api_version}, "spec": _pruned(spec)},
    }


def _pruned(node: Any) -> Any:
    if isinstance(node, list):
        return [_pruned(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _pruned(value) for key, value in node.items() if not _left_out(key, value)}
    return kept | ({"additionalProperties": False} if "properties" in kept else {})


def _left_out(key: str, value: Any) -> bool:
    rare = key.endswith("SDConfigs") and key != "kubernetesSDConfigs"
    return rare or key.startswith("x-kubernetes-") or (key == "description" and isinstance(value, str))


def main() -> None:
    for definition in definitions():
        path = ROOT / SCHEMAS / f"{definition['spec']['names']['kind']}.json"
        path.write_text(json.dumps(strict_schema(definition)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
