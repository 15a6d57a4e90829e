"""Many accounts on one page, how many of them one process carries, and what cache_ttl saves a pair of Prometheus servers."""

import asyncio
import contextlib

from tools.bench.client import Pages, scrape_request
from tools.bench.contestants import Bench, accounts_up, exporter
from tools.bench.measure import Contestant, Series, interleave
from tools.bench.table import Row, goal, row

LATENCY = 100
ACCOUNTS = (1, 10, 100)
STEPS = {100: (200, 400, 800), 500: (200, 300)}
"""Accounts to try, by latency of the API in milliseconds; the first that is too many is the last one tried."""
INTERVAL, OFFSET = 1.0, 0.4
"""Seconds from scrape to scrape, and between those of the two, which Prometheus draws from a hash."""


async def measure(bench: Bench, *, quick: bool) -> list[Row]:
    """At most 200 calls at once (`max_concurrency_total`): 100 accounts take six or seven times the latency."""
    base_url = bench.base_url(LATENCY)
    exporters = {f"{count} accounts": exporter(bench, base_url, accounts=count) for count in ACCOUNTS}
    exporters["100 accounts, ten queries"] = exporter(bench, base_url, "--recent-pages=0", accounts=100)
    async with contextlib.AsyncExitStack() as stack:
        started = {name: await stack.enter_async_context(one) for name, one in exporters.items()}
        contestants = [Contestant(name, *one) for name, one in started.items()]
        series = await interleave(contestants, 3 if quick else 12, seldom={})
        return [
            row(
                f"{name}, {LATENCY} ms",
                series[name],
                process=process,
                goal=_goal(series[name], process.peak_memory()) if name.startswith("100 ") else "",
            )
            for name, (_, process) in started.items()
        ]


def _goal(series: Series, memory: float) -> str:
    return goal(("s", series.median, 1.3), ("CPU s", series.median_cpu, 1.2), ("peak MB", memory, 130))


async def measure_carried(bench: Bench, *, quick: bool) -> list[Row]:
    """Accounts that are whole within a scrape timeout of 10 s."""
    rows = []
    for latency, steps in STEPS.items():
        for accounts in steps[:1] if quick else steps:
            async with exporter(bench, bench.base_url(latency), accounts=accounts) as (pages, process):
                await pages.get()
                series = Series()
                await series.add(process, pages)
                carried = accounts_up((await pages.get())[0])
                what = f"{accounts} accounts, {latency} ms, in 10 s: {carried} whole"
                rows.append(row(what, series, process=process))
            if carried < accounts:
                break
    return rows


async def measure_pair(bench: Bench, *, quick: bool) -> list[Row]:
    """Two scrapers of one exporter; calls counted by the API."""
    rows = []
    intervals = 4 if quick else 12
    for ttl in (0.0, 0.7):
        before = await bench.calls()
        async with (
            exporter(bench, bench.base_url(20), f"--cache-ttl={ttl}") as (first, _),
            contextlib.aclosing(Pages(first.port, [scrape_request("/metrics")])) as second,
        ):
            for _ in range(intervals):
                for pages, pause in ((first, OFFSET), (second, INTERVAL - OFFSET)):
                    await asyncio.gather(pages.get(), asyncio.sleep(pause))
        asked = (await bench.calls() - before) / intervals
        rows.append(
            row(
                f"a pair of scrapers, cache_ttl {ttl / INTERVAL:g} of the interval: {asked:.1f} API calls in it"
            )
        )
    return rows
