"""Plain manifests for those without Helm, rendered from the chart: ``python -m tools.chart.manifests``.

Needs helm on the PATH or in .tools/bin. Two files: the exporter's objects, and those for the Prometheus operator.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.chart.build import CHART
from tools.chart.helm import HelmNotFoundError, find_helm
from tools.chart.objects import parse
from tools.paths import ROOT

EXPORTER, OPERATOR = "betatel-exporter.yaml", "betatel-exporter-operator.yaml"
ACCOUNT_ID, IMAGE = "YOUR-ACCOUNT-ID", "YOUR-REGISTRY/betatel-exporter"
KUBERNETES = "1.31"
HELM_ONLY = {"helm.sh/chart", "app.kubernetes.io/managed-by", "checksum/config"}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def manifests(helm: str, image: str = IMAGE) -> dict[str, str]:
    """File name -> text. ``helm`` is the program's path, ``image`` is without tag: the chart's appVersion is the tag."""
    objects = [_plain(item) for item in _rendered(helm, image)]
    return {
        EXPORTER: _text([item for item in objects if not _is_operators(item)]),
        OPERATOR: _text([item for item in objects if _is_operators(item)]),
    }


def _rendered(helm: str, image: str) -> list[Any]:
    registry, _, repository = image.partition("/")
    values = {
        "fullnameOverride": "betatel-exporter",
        "image": {"registry": registry, "repository": repository},
        "accounts": {
            "default": {"accountId": ACCOUNT_ID, "existingSecret": {"name": "betatel-exporter"}},
        },
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        arguments = ["--values", file.name, "--no-hooks", "--kube-version", KUBERNETES]
        shown = subprocess.run(  # noqa: S603  the program is the caller's choice
            [helm, "template", "betatel-exporter", ROOT / CHART, *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    return parse(shown.stdout)


def _is_operators(item: Any) -> bool:
    return str(item["apiVersion"]).startswith("monitoring.coreos.com/")


def _plain(item: Any) -> Any:
    """The object without its namespace, which kubectl sets, and without what only Helm reads."""
    item["metadata"].pop("namespace", None)
    item.get("spec", {}).pop("namespaceSelector", None)
    template = item.get("spec", {}).get("template", {}).get("metadata", {})
    for metadata in (item["metadata"], template):
        for field in ("labels", "annotations"):
            kept = {key: value for key, value in metadata.pop(field, {}).items() if key not in HELM_ONLY}
            metadata.update({field: kept} if kept else {})
    return item


def _text(objects: list[Any]) -> str:
    return yaml.dump_all(
        objects, Dumper=_Dumper, sort_keys=False, width=110, explicit_start=True, allow_unicode=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.chart.manifests", description=__doc__)
    parser.add_argument("--image", default=IMAGE, help="image to run, without tag")
    parser.add_argument("--destination", type=Path, default=ROOT / "dist", help="folder to write to")
    options = parser.parse_args()
    try:
        texts = manifests(find_helm(), options.image)
    except HelmNotFoundError as error:
        sys.exit(str(error))
    options.destination.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (options.destination / name).write_text(text, encoding="utf-8")
        print(f"wrote {options.destination / name}")


if __name__ == "__main__":
    main()
