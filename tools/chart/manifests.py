"""Plain manifests for those without Helm, rendered from the chart.

``python -m tools.chart.manifests`` writes them; it needs helm on the PATH.
"""

import os
import shutil
import subprocess
import sys
from typing import Any

import yaml

from tools.chart.build import CHART, ROOT

FOLDER = "packaging/kubernetes"
HEADER = "# Rendered from the chart by python -m tools.chart.manifests.\n"
FOR_HELM_ALONE = {"helm.sh/chart", "app.kubernetes.io/managed-by", "checksum/config"}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stay readable."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def manifests(helm: str) -> dict[str, str]:
    """Path relative to the repository's root -> text; ``helm`` is the program's path."""
    shown = subprocess.run(  # noqa: S603  the program is the caller's choice
        [
            helm,
            "template",
            "betatel-exporter",
            str(ROOT / CHART),
            "--values",
            str(ROOT / FOLDER / "values.yaml"),
            "--no-hooks",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    objects = [_plain(item) for item in yaml.safe_load_all(shown.stdout) if item]
    ours = [item for item in objects if not _operators(item)]
    operators = [item for item in objects if _operators(item)]
    return {
        f"{FOLDER}/exporter.yaml": HEADER + _text(ours),
        f"{FOLDER}/prometheus-operator.yaml": HEADER + _text(operators),
    }


def _operators(item: Any) -> bool:
    return str(item["apiVersion"]).startswith("monitoring.coreos.com/")


def _plain(item: Any) -> Any:
    """The object without a namespace, which kubectl gives, and without what only Helm reads."""
    item["metadata"].pop("namespace", None)
    item.get("spec", {}).pop("namespaceSelector", None)
    template = item.get("spec", {}).get("template", {}).get("metadata", {})
    for metadata in (item["metadata"], template):
        for field in ("labels", "annotations"):
            kept = {key: value for key, value in metadata.pop(field, {}).items() if key not in FOR_HELM_ALONE}
            metadata.update({field: kept} if kept else {})
    return item


def _text(objects: list[Any]) -> str:
    return yaml.dump_all(
        objects, Dumper=_Dumper, sort_keys=False, width=110, explicit_start=True, allow_unicode=True
    )


def main() -> None:
    helm = shutil.which("helm", path=f"{ROOT / '.tools' / 'bin'}:{os.environ.get('PATH', '')}")
    if helm is None:
        sys.exit("helm is not installed: make tools")
    for path, text in manifests(helm).items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
