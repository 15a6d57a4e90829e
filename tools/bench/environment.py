"""What a user runs: an environment of the run-time dependencies alone, without the development tools beside them.

It matters: httpx imports rich and pygments wherever they are installed. The packages are links to those of the environment
that runs the benchmark, so nothing is downloaded and their bytecode exists.
"""

import importlib.metadata
import os
import platform
import re
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

from tools.paths import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
SHOWN = ["aiohttp", "httpx", "prometheus-client", "pydantic", "starlette", "uvicorn", "uvloop", "h11"]


def make_environment(folder: Path) -> Path:
    """The Python of a new environment in a folder."""
    venv.create(folder, symlinks=True, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))
    for distribution in _installed(locked()):
        for entry in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            link = packages / entry
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(entry))))
    (packages / "betatel-exporter.pth").write_text(f"{ROOT}\n{ROOT / 'exporter'}\n")
    return folder / "bin" / "python"


def locked() -> list[str]:
    """Names of the run-time dependencies."""
    return PIN.findall((ROOT / "requirements" / "run.lock").read_text())


def machine() -> Iterator[tuple[str, str]]:
    """What measured: hardware, system and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    yield (
        "processor",
        f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB",
    )
    yield "system", f"Linux {platform.release().split('-')[0]}, Python {sys.version.split()[0]}"
    yield "packages", ", ".join(f"{found.name} {found.version}" for found in _installed(SHOWN))


def _installed(names: list[str]) -> Iterator[importlib.metadata.Distribution]:
    for name in names:
        try:
            yield importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform or version of Python
