"""Where and with what was measured."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from tools.bench.report import table

PACKAGES = (
    "aiohttp",
    "httpx",
    "httpx-aiohttp",
    "prometheus-client",
    "pydantic",
    "starlette",
    "uvicorn",
    "uvloop",
    "h11",
)


def machine(command: str, load_before: float, load_after: float) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in PACKAGES if _installed(name)
    )
    rows = [
        ("command", f"`{command}`"),
        ("processor", f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB"),
        ("load average of a minute, before and after", f"{load_before:.1f}, {load_after:.1f}"),
        ("system", f"Linux {platform.release().split('-')[0]}"),
        ("Python", sys.version.split()[0]),
        ("packages", versions),
    ]
    return table(("", ""), rows).replace("---:", "---")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
