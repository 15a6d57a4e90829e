"""Start, first scrape, imports, and memory."""

import statistics
import subprocess
import time

from tools.bench.contestants import Bench, exporter
from tools.bench.report import Goal, Section, milliseconds, table
from tools.paths import ROOT

IMPORTS = (
    "import time; t = time.perf_counter(); "
    "import betatel_exporter.cli, betatel_exporter.web.server, betatel_exporter.assembly; "
    "print(time.perf_counter() - t)"
)


async def measure_start(bench: Bench, *, quick: bool) -> Section:
    times = 3 if quick else 15
    started: list[float] = []
    first: list[float] = []
    second: list[float] = []
    cpu: list[float] = []
    for _ in range(times):
        async with exporter(bench, bench.base_url(0, tls=True)) as ours:
            assert ours.process is not None  # noqa: S101  for the type checker
            started.append(time.perf_counter() - ours.process.started)
            cpu.append(ours.process.cpu())
            for durations in (first, second):
                before = time.perf_counter()
                await ours.pages.get()
                durations.append(time.perf_counter() - before)
    imports = [float(_output(bench, IMPORTS)) for _ in range(times)]
    rows = [
        (what, milliseconds(statistics.median(values)), milliseconds(max(values)))
        for what, values in (
            ("start of the process to first answer", started),
            ("CPU until then", cpu),
            ("imports alone", imports),
            ("first scrape, ten TLS connections opened", first),
            ("second scrape", second),
        )
    ]
    goal = Goal("start to first answer", statistics.median(started), 0.6, " s")
    text = f"{times} starts with bytecode in place, the API over TLS at 0 ms.\n\n"
    return Section("Start", text + table(("", "median ms", "longest ms"), rows), [goal])


def _output(bench: Bench, code: str) -> str:
    command = [str(bench.python), "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  the code above
    return done.stdout


async def measure_memory(bench: Bench, *, scrapes: int) -> Section:
    rows = []
    async with exporter(bench, bench.base_url(0, tls=True)) as ours:
        assert ours.process is not None  # noqa: S101  for the type checker
        rows.append(("at rest, before any scrape", f"{ours.process.memory():.1f}", ""))
        at_rest = ours.process.memory()
        for number in range(1, scrapes + 1):
            await ours.pages.get()
            if number in {10, scrapes // 2, scrapes}:
                rows.append(
                    (
                        f"after {number} scrapes",
                        f"{ours.process.memory():.1f}",
                        str(ours.process.open_files()),
                    )
                )
    goal = Goal("one account at rest, memory", at_rest, 48, " MB")
    text = "Resident memory of the process, shared libraries included; one account, the API over TLS at 0 ms.\n\n"
    return Section("Memory", text + table(("", "MB", "open files"), rows), [goal])
