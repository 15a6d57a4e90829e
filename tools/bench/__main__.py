"""python -m tools.bench: measure everything and print one table; --write puts it into docs/performance.md."""

import argparse
import asyncio
import contextlib
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from tools.bench.contestants import upstream
from tools.bench.measurements import MEASUREMENTS
from tools.bench.table import Row, table
from tools.paths import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
MEASURED = re.compile(r"(?<=<!-- measured: make bench BENCH_ARGS=--write -->\n).*?(?=<!-- end)", re.DOTALL)
PACKAGES = ("aiohttp", "httpx", "prometheus_client", "pydantic", "starlette", "uvicorn", "uvloop", "h11")


async def run(names: Sequence[str], *, quick: bool) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, upstream(Path(folder), quick=quick) as bench:
            rows += await MEASUREMENTS[name](bench)
        sys.stderr.write(f"{name}: {time.perf_counter() - started:.0f} s\n")
    return rows


def machine() -> Iterator[str]:
    """Hardware, system and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = model[1] if model else platform.machine()
    yield f"processor: {processor}, {os.cpu_count()} cores, {memory:.0f} GiB"
    yield f"system: Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    versions = []
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    yield f"packages: {', '.join(versions)}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute instead of several; rough")
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS), help="measure these"
    )
    parser.add_argument("--write", action="store_true", help="put the result into docs/performance.md")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    rows = asyncio.run(run(options.only, quick=options.quick))
    load = f"load average of a minute: {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    command = " ".join(["python -m tools.bench", *sys.argv[1:]])
    facts = [f"command: `{command}`", *machine(), load]
    text = "\n".join([*(f"- {fact}" for fact in facts), "", table(rows)])
    print(text)
    if options.write:
        DOCUMENT.write_text(MEASURED.sub(lambda _: f"\n{text}\n\n", DOCUMENT.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
