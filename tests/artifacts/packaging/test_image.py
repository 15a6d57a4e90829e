"""The Dockerfile, as far as it can be checked without building it; packaging/image-test builds it."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.support.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    rules = {"failure-threshold": "style", "override": {"style": ["DL3057"]}}  # a missing health check
    (tmp_path / "hadolint.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    hadolint = Path(sys.executable).with_name("hadolint")
    command: list[str | Path] = [
        hadolint,
        "--no-color",
        "--config",
        tmp_path / "hadolint.yaml",
        ROOT / "Dockerfile",
    ]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert found.stdout == ""


def test_every_copied_path_exists_and_reaches_the_builder() -> None:
    copied = {
        path
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for path in line.split()[:-1]
    }
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == copied
    assert all((ROOT / path).exists() for path in copied)


def test_the_base_is_pinned_by_digest() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    base, *others = stages

    assert re.fullmatch(r"python:\d\.\d+-slim@sha256:[0-9a-f]{64}", base)
    assert set(others) == {"base"}
