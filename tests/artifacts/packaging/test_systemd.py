"""The unit is one that systemd understands, hardened, with settings that the exporter knows."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from betatel_exporter.config import SETTINGS
from tests.support.paths import ROOT

UNIT = (ROOT / "packaging/systemd/betatel-exporter.service").read_text(encoding="utf-8")


def test_systemd_understands_every_line_and_rates_the_exposure_at_most_1_5(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    unit = tmp_path / "betatel-exporter.service"
    unit.write_text(
        re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT, flags=re.MULTILINE), encoding="utf-8"
    )

    def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [tool("systemd-analyze"), *arguments, str(unit)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    verified = analyze("verify")
    rated = analyze("security", "--offline=yes", "--threshold=15")

    assert (verified.returncode, verified.stderr) == (0, "")
    assert rated.returncode == 0, rated.stdout


def test_the_process_metrics_can_be_read() -> None:
    # their start time is in /proc/stat, which ProcSubset=pid hides
    assert "ProcSubset" not in UNIT


def test_the_variables_are_the_exporters() -> None:
    named = set(re.findall(r"BETATEL_\w+", UNIT))

    assert named
    assert named <= {setting.variable for setting in SETTINGS}
