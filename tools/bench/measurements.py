"""What is measured, each as rows of the one table."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping

from tools.bench.client import Pages, request
from tools.bench.contestants import Bench, accounts_up, exporter, json_exporter, peer
from tools.bench.measure import WARM_UP, Contestant, Series, interleave
from tools.bench.table import Row, goal, row
from tools.paths import ROOT

ROUNDS = {0: 200, 20: 100, 100: 60, 500: 6}
"""Rounds by latency in milliseconds."""
LATENCY = 100
"""Of the rows with goals, and of those with several scrapers or accounts."""
TEN, RECENT = "exporter, ten queries", "exporter, recent records too"
CARRIED = {100: (200, 400, 800), 500: (200, 300)}
"""Accounts to try, by latency; the first that is too many is the last one tried."""
IMPORTS = (
    "import time; t = time.perf_counter(); "
    "import betatel_exporter.cli, betatel_exporter.web.server, betatel_exporter.assembly; "
    "print(time.perf_counter() - t)"
)


async def scrape(bench: Bench) -> list[Row]:
    """One account: a scrape against the limit and against peers."""
    rows = []
    for tls in (False, True):
        for latency, rounds in ROUNDS.items():
            rows += await _compare(
                bench, latency, tls=tls, rounds=max(3, rounds // 10) if bench.quick else rounds
            )
    return rows


async def _compare(bench: Bench, latency: int, *, tls: bool, rounds: int) -> list[Row]:
    base_url = bench.base_url(latency, tls=tls)
    processes = {
        TEN: exporter(bench, base_url, "--recent-pages=0"),
        RECENT: exporter(bench, base_url),
        "sequential": peer(bench, base_url, 1),
        "threaded": peer(bench, base_url, 10),
        "json_exporter": json_exporter(bench, base_url),
    }
    async with contextlib.AsyncExitStack() as stack:
        limit = await stack.enter_async_context(contextlib.aclosing(bench.limit(latency, tls=tls)))
        contestants = {"limit": Contestant(limit)}
        for name, process in processes.items():
            if process:
                contestants[name] = Contestant(*await stack.enter_async_context(process))
        series = await interleave(contestants, rounds, seldom={"sequential": 6})
        for name in (TEN, RECENT):
            if accounts_up((await contestants[name].pages.get())[0]) != 1:
                raise RuntimeError("the exporter has measured failures")
        return [
            row(
                f"{latency} ms, {'TLS' if tls else 'plain'}: {name}",
                series[name],
                to=series["limit"],
                process=one.process,
                goal=_goal(name, series, tls=tls) if latency == LATENCY else "",
            )
            for name, one in contestants.items()
        ]


def _goal(name: str, series: Mapping[str, Series], *, tls: bool) -> str:
    median = series[name].median
    if name == "limit":
        return ""
    if name in {TEN, RECENT}:
        ratio, cpu = median / series["limit"].median, series[name].median_cpu * 1000
        return goal(("ratio", ratio, 1.10 if tls else 1.06), ("CPU ms", cpu, 7 if name == TEN else 8))
    return goal((f"{TEN} to it", series[TEN].median / median, 1))


async def scrapers(bench: Bench) -> list[Row]:
    """Scrapers that come at the same moment share one collection; CPU is of all of them together.

    One client address gets a part of `--web.max-requests` only, so that is raised.
    """
    series = {count: Series() for count in (1, 2, 8, 40)}
    async with exporter(bench, bench.base_url(LATENCY), "--web.max-requests=200") as (pages, process):
        crowd = [Pages(pages.port, [request("/metrics")]) for _ in range(max(series))]
        for number in range(-WARM_UP, 6 if bench.quick else 40):
            for count, one in series.items():
                await (one if number >= 0 else Series()).add(process, *crowd[:count])
        for scraper in crowd:
            await scraper.aclose()
    goals = {8: goal(("ratio", series[8].median / series[1].median, 1.15))}
    return [
        row(f"{count} scrapers at once, {LATENCY} ms", one, to=series[1], goal=goals.get(count, ""))
        for count, one in series.items()
    ]


async def accounts(bench: Bench) -> list[Row]:
    """At most 200 calls at once (`max_concurrency_total`): 100 accounts take six or seven times the latency."""
    base_url = bench.base_url(LATENCY)
    exporters = {f"{count} accounts": exporter(bench, base_url, accounts=count) for count in (1, 10, 100)}
    exporters["100 accounts, ten queries"] = exporter(bench, base_url, "--recent-pages=0", accounts=100)
    async with contextlib.AsyncExitStack() as stack:
        contestants = {
            name: Contestant(*await stack.enter_async_context(one)) for name, one in exporters.items()
        }
        series = await interleave(contestants, 3 if bench.quick else 12, seldom={})
        rows = []
        for name, one in series.items():
            process = contestants[name].process
            assert process  # noqa: S101  an exporter
            figures = (
                ("s", one.median, 1.3),
                ("CPU s", one.median_cpu, 1.2),
                ("peak MB", process.peak_memory(), 130),
            )
            goals = goal(*figures) if name.startswith("100 ") else ""
            rows.append(row(f"{name}, {LATENCY} ms", one, process=process, goal=goals))
        return rows


async def carried(bench: Bench) -> list[Row]:
    """Accounts that are whole within a scrape timeout of 10 s."""
    rows = []
    for latency, steps in CARRIED.items():
        for count in steps[:1] if bench.quick else steps:
            async with exporter(bench, bench.base_url(latency), accounts=count) as (pages, process):
                await pages.get()
                series = Series()
                await series.add(process, pages)
                whole = accounts_up((await pages.get())[0])
                what = f"{count} accounts, {latency} ms, in 10 s: {whole} whole"
                rows.append(row(what, series, process=process))
            if whole < count:
                break
    return rows


async def pair(bench: Bench) -> list[Row]:
    """Two scrapers of one exporter, 0.4 of the interval of a second apart; calls counted by the API."""
    rows = []
    intervals = 4 if bench.quick else 12
    for ttl in (0, 0.7):
        before = await bench.calls()
        async with (
            exporter(bench, bench.base_url(20), f"--cache-ttl={ttl}") as (first, _),
            contextlib.aclosing(Pages(first.port, [request("/metrics")])) as second,
        ):
            for _ in range(intervals):
                await asyncio.gather(first.get(), asyncio.sleep(0.4))
                await asyncio.gather(second.get(), asyncio.sleep(0.6))
        calls = (await bench.calls() - before) / intervals
        rows.append(row(f"a pair of scrapers, cache_ttl {ttl} of the interval: {calls:.1f} API calls in it"))
    return rows


async def startup(bench: Bench) -> list[Row]:
    """With bytecode in place, the API over TLS at 0 ms."""
    starts, first, second, imports = Series(), Series(), Series(), Series()
    for _ in range(3 if bench.quick else 15):
        async with exporter(bench, bench.base_url(0, tls=True)) as (pages, process):
            starts.seconds.append(time.perf_counter() - process.started)
            starts.cpu.append(process.cpu())
            await first.add(process, pages)
            await second.add(process, pages)
        command = [sys.executable, "-c", IMPORTS]
        done = subprocess.run(  # noqa: ASYNC221, S603
            command, cwd=ROOT, env=bench.environment, capture_output=True, check=True, timeout=60
        )
        imports.seconds.append(float(done.stdout))
    return [
        row("process start to first answer", starts, goal=goal(("s", starts.median, 0.6))),
        row("imports alone", imports),
        row("first scrape, TLS connections opened", first),
        row("second scrape", second),
    ]


async def memory(bench: Bench) -> list[Row]:
    """Resident, shared libraries included; one account, the API over TLS at 0 ms."""
    scrapes = 300 if bench.quick else 5000
    async with exporter(bench, bench.base_url(0, tls=True)) as (pages, process):
        rows = [row("at rest, before any scrape", process=process, goal=goal(("MB", process.memory(), 60)))]
        for number in range(1, scrapes + 1):
            await pages.get()
            if number in {10, scrapes // 2, scrapes}:
                rows.append(row(f"after {number} scrapes", process=process))
    return rows


MEASUREMENTS: Mapping[str, Callable[[Bench], Awaitable[list[Row]]]] = {
    each.__name__: each for each in (scrape, scrapers, accounts, carried, pair, startup, memory)
}
