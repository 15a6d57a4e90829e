"""The chart as a release carries it: ``python -m tools.chart.package --image REGISTRY/REPOSITORY``.

Values name the image, and Chart.yaml has what Artifact Hub shows. Needs helm.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tools.chart.build import CHART, generate
from tools.chart.helm import HelmNotFoundError, find_helm
from tools.paths import ROOT

HUB = "artifacthub.io"
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def package(helm: str, image: str, destination: Path) -> Path:
    """The archive; raises ValueError for an image without registry."""
    registry, slash, repository = image.partition("/")
    if not slash:
        raise ValueError(f"{image}: must be REGISTRY/REPOSITORY")
    with tempfile.TemporaryDirectory() as scratch:
        chart = Path(scratch) / "chart"
        shutil.copytree(ROOT / CHART, chart)
        values = with_image((chart / "values.yaml").read_text(encoding="utf-8"), registry, repository)
        for name, text in generate(values).items():
            (chart / name).write_text(text, encoding="utf-8")
        metadata = described(yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8")), image)
        (chart / "Chart.yaml").write_text(yaml.safe_dump(metadata, sort_keys=False), encoding="utf-8")
        subprocess.run(  # noqa: S603  the program is the caller's choice
            [helm, "package", chart, "--destination", destination],
            check=True,
            capture_output=True,
            timeout=60,
        )
    return destination / f"{metadata['name']}-{metadata['version']}.tgz"


def with_image(values: str, registry: str, repository: str) -> str:
    """values.yaml with the image's defaults filled in."""
    image = re.compile(r"^image:\n(?:  .*\n)+", re.MULTILINE)
    section = image.search(values)
    if section is None:
        raise ValueError("values.yaml has no section image")
    filled = section[0]
    for key, value in {"registry": registry, "repository": repository}.items():
        filled = filled.replace(f'  {key}: ""\n', f"  {key}: {value}\n")
    return values.replace(section[0], filled)


def described(metadata: Any, image: str) -> Any:
    """Chart.yaml with its image, changes and links."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = {
        "images": [
            {
                "name": metadata["name"],
                "image": f"{image}:{metadata['appVersion']}",
                "platforms": ["linux/amd64", "linux/arm64"],
            }
        ],
        "links": [{"name": name, "url": url} for name, url in project["urls"].items()],
        "changes": changes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), metadata["appVersion"]),
    }
    annotations = {f"{HUB}/{name}": yaml.safe_dump(value, sort_keys=False) for name, value in shown.items()}
    annotations[f"{HUB}/prerelease"] = "true" if "-" in metadata["version"] else "false"
    return {**metadata, "annotations": {**metadata["annotations"], **annotations}}


def changes(changelog: str, version: str) -> list[dict[str, str]]:
    """The entries of a version, or of what is unreleased where the version has none, with their kind."""
    sections: dict[str, str] = dict(
        re.findall(r"^## \[(.*?)\].*?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    )
    text = sections.get(version) or sections.get("Unreleased") or ""
    return [
        {"kind": kind.lower(), "description": " ".join(entry.split())}
        for kind, entries in re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL)
        if kind in KINDS
        for entry in re.findall(r"^- (.*?)(?=^- |\Z)", entries, re.MULTILINE | re.DOTALL)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.chart.package", description=__doc__)
    parser.add_argument("--image", required=True, help="REGISTRY/REPOSITORY, without tag")
    parser.add_argument("--destination", type=Path, default=ROOT / "dist", help="folder to write to")
    options = parser.parse_args()
    try:
        print(f"wrote {package(find_helm(), options.image, options.destination)}")
    except (ValueError, HelmNotFoundError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
