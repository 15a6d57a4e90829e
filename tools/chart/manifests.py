"""Plain manifests for those without Helm, rendered from the chart: ``python -m tools.chart.manifests``.

Needs helm. Writes two files into dist/: the exporter's objects, and those for the Prometheus operator.
"""

import argparse
import re
import sys

from tools.chart.build import CHART
from tools.chart.helm import HelmError, helm
from tools.paths import ROOT

EXPORTER, OPERATOR = "betatel-exporter.yaml", "betatel-exporter-operator.yaml"
IMAGE = "YOUR-REGISTRY/betatel-exporter"
RELEASE = ("betatel-exporter", ROOT / CHART)
VALUES = {
    "fullnameOverride": "betatel-exporter",
    "accounts": {"default": {"accountId": "YOUR-ACCOUNT-ID", "existingSecret": {"name": "betatel-exporter"}}},
    "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
}
LEFT_OUT = re.compile(
    r"^ *(?:namespace|helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n"
    r"|^ *annotations:\n *checksum/config: .*\n"
    r"|^ *namespaceSelector:\n.*\n",
    re.MULTILINE,
)
"""The namespace, which kubectl sets, and what only Helm reads."""


def manifests(image: str = IMAGE) -> dict[str, str]:
    """Texts by the name of the file. ``image`` has no tag: that is the chart's appVersion. Raises HelmError."""
    registry, _, repository = image.partition("/")
    values = {**VALUES, "image": {"registry": registry, "repository": repository}}
    rendered = helm("template", *RELEASE, "--no-hooks", "--kube-version=1.31", values=values)
    _, *objects = re.split(r"^---\n", LEFT_OUT.sub("", rendered), flags=re.MULTILINE)
    texts = {EXPORTER: "", OPERATOR: ""}
    for item in objects:
        texts[OPERATOR if "\napiVersion: monitoring.coreos.com/" in item else EXPORTER] += f"---\n{item}"
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.chart.manifests", description=__doc__)
    parser.add_argument("--image", default=IMAGE, help="image to run, without tag")
    try:
        texts = manifests(parser.parse_args().image)
    except HelmError as error:
        sys.exit(str(error))
    for name, text in texts.items():
        path = ROOT / "dist" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
