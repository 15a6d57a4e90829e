"""The exporter's command as a process of its own."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

from tests.support.paths import ROOT

COMMAND = (sys.executable, "-m", "betatel_exporter")


def clean(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment with nothing of this machine's but where programs are, and who measures coverage."""
    kept = {
        name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COVERAGE_")
    }
    return kept | dict(environment or {})


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run to the end, twenty seconds at most."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=clean(environment),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@contextlib.contextmanager
def running(
    arguments: Sequence[str], told: str, environment: Mapping[str, str] | None = None
) -> "Iterator[tuple[subprocess.Popen[str], re.Match[str]]]":
    """The process, once a line of its output matched; killed at the end where it still runs."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=clean(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process, wait_for(process, told)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def wait_for(process: "subprocess.Popen[str]", told: str) -> re.Match[str]:
    """The first line to come that matches."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        match = re.search(told, line)
        if match:
            return match
    raise AssertionError(f"ended without saying {told!r}: {''.join(seen)}")
