"""Startup and memory."""

import subprocess
import time

from tools.bench.contestants import Bench, exporter
from tools.bench.measure import Series
from tools.bench.table import Row, goal, row
from tools.paths import ROOT

SCRAPES = 5000
IMPORTS = (
    "import time; t = time.perf_counter(); "
    "import betatel_exporter.cli, betatel_exporter.web.server, betatel_exporter.assembly; "
    "print(time.perf_counter() - t)"
)


async def measure_startup(bench: Bench, *, quick: bool) -> list[Row]:
    """With bytecode in place, the API over TLS at 0 ms."""
    starts, first, second, imports = Series(), Series(), Series(), Series()
    command = [str(bench.python), "-c", IMPORTS]
    for _ in range(3 if quick else 15):
        async with exporter(bench, bench.base_url(0, tls=True)) as (pages, process):
            starts.seconds.append(time.perf_counter() - process.started)
            starts.cpu.append(process.cpu())
            await first.add(process, pages)
            await second.add(process, pages)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)  # noqa: ASYNC221, S603
        imports.seconds.append(float(done.stdout))
    return [
        row("process start to first answer", starts, goal=goal(("s", starts.median, 0.6))),
        row("imports alone", imports),
        row("first scrape, TLS connections opened", first),
        row("second scrape", second),
    ]


async def measure_memory(bench: Bench, *, quick: bool) -> list[Row]:
    """Resident, shared libraries included; one account, the API over TLS at 0 ms."""
    scrapes = 300 if quick else SCRAPES
    async with exporter(bench, bench.base_url(0, tls=True)) as (pages, process):
        rows = [row("at rest, before any scrape", process=process, goal=goal(("MB", process.memory(), 60)))]
        for number in range(1, scrapes + 1):
            await pages.get()
            if number in {10, scrapes // 2, scrapes}:
                rows.append(row(f"after {number} scrapes", process=process))
    return rows
