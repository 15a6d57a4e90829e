"""What a user runs: an environment of the run-time dependencies alone, without the development tools beside them.

It matters: httpx imports rich and pygments wherever they are installed. The packages are links to those of the environment
that runs the benchmark, so nothing is downloaded and their bytecode is there.
"""

import importlib.metadata
import re
import sysconfig
import venv
from pathlib import Path

from tools.paths import ROOT

PIN = re.compile(r"([A-Za-z0-9._-]+)==")


def make_environment(folder: Path) -> Path:
    """The Python of a new environment in a folder."""
    venv.create(folder, symlinks=True, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))
    for name in locked():
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform or version of Python
        for entry in _entries(distribution):
            link = packages / entry
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(entry))))
    (packages / "betatel-exporter.pth").write_text(f"{ROOT / 'exporter'}\n")
    return folder / "bin" / "python"


def locked() -> list[str]:
    """Names of the run-time dependencies."""
    lock = (ROOT / "requirements" / "run.lock").read_text()
    return [match[1] for line in lock.splitlines() if (match := PIN.match(line))]


def _entries(distribution: importlib.metadata.Distribution) -> set[str]:
    """Top-level names of what a distribution has in site-packages."""
    tops = {file.parts[0] for file in distribution.files or ()}
    return {top for top in tops if top not in {"..", "__pycache__"}}
