"""The unit is one that systemd understands, hardened, with settings that the exporter knows."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from betatel_exporter.config import settings_of

UNIT = Path(__file__).parent.parent.parent / "packaging" / "systemd" / "betatel-exporter.service"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    text = re.sub(
        r"^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    path = tmp_path / UNIT.name
    path.write_text(text, encoding="utf-8")
    return path


def _analyze(program: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"LC_ALL": "C.UTF-8"},
    )


def test_systemd_understands_every_line(tool: Callable[[str], str], installed: Path) -> None:
    verified = _analyze(tool("systemd-analyze"), "verify", installed)

    assert (verified.returncode, verified.stderr) == (0, "")


def test_an_unknown_line_would_be_found(tool: Callable[[str], str], installed: Path) -> None:
    installed.write_text(
        installed.read_text(encoding="utf-8").replace("PrivateTmp", "PrivateTemp"), encoding="utf-8"
    )

    assert "PrivateTemp" in _analyze(tool("systemd-analyze"), "verify", installed).stderr


def test_the_exposure_that_systemd_reckons_is_low(tool: Callable[[str], str], installed: Path) -> None:
    rated = _analyze(tool("systemd-analyze"), "security", "--offline=yes", "--threshold=15", installed)

    assert rated.returncode == 0, rated.stdout


def test_the_process_metrics_can_be_read() -> None:
    # their start time comes from /proc/stat, which is hidden by ProcSubset=pid
    assert "ProcSubset" not in UNIT.read_text(encoding="utf-8")


def test_the_variables_are_the_exporters() -> None:
    known = {setting.variable for setting in settings_of()}

    named = set(re.findall(r"BETATEL_\w+", UNIT.read_text(encoding="utf-8")))
    assert named
    assert named <= known
