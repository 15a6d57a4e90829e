"""The Dockerfile, as far as it can be checked without building it; packaging/image-test builds it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    config = tmp_path / "hadolint.yaml"
    config.write_text(
        "{failure-threshold: style, override: {style: [DL3057]}}", encoding="utf-8"
    )  # health check
    hadolint = Path(sys.executable).with_name("hadolint")
    command = [str(hadolint), "--no-color", f"--config={config}", str(ROOT / "Dockerfile")]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert found.stdout == ""


def test_the_base_is_pinned_by_digest() -> None:
    base, *others = re.findall(
        r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert re.fullmatch(r"python:\d\.\d+-slim@sha256:[0-9a-f]{64}", base)
    assert set(others) == {"base"}
