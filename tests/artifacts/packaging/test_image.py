"""What can be said of the Dockerfile without building it; packaging/image-test builds it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
HADOLINT = Path(sys.executable).parent / "hadolint"


def _hadolint(dockerfile: str, folder: Path) -> str:
    # DL3057, a missing health check, is off by default
    (folder / "hadolint.yaml").write_text(
        yaml.safe_dump({"failure-threshold": "style", "override": {"style": ["DL3057"]}}), encoding="utf-8"
    )
    (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    return subprocess.run(
        [HADOLINT, "--no-color", "--config", folder / "hadolint.yaml", folder / "Dockerfile"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout


def test_hadolint_has_nothing_to_say(tmp_path: Path) -> None:
    assert _hadolint(DOCKERFILE, tmp_path) == ""


def test_hadolint_would_say_if_there_were_no_health_check(tmp_path: Path) -> None:
    without = "".join(
        line for line in DOCKERFILE.splitlines(keepends=True) if not line.startswith("HEALTHCHECK")
    )

    assert "DL3057" in _hadolint(without, tmp_path)


def test_every_file_that_is_copied_reaches_the_builder() -> None:
    copied = {
        path
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for path in line.split()[:-1]
    }
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == copied
    assert ignore[1] == "*"
    assert all((ROOT / path).exists() for path in copied)


@pytest.mark.parametrize("syntax", ["<<", "--link", "--mount"])
def test_older_builders_understand_it(syntax: str) -> None:
    assert syntax not in DOCKERFILE
