"""What cache_ttl saves where a pair of Prometheus servers scrapes the same exporter."""

import asyncio

from tools.bench.client import Pages, scrape_request
from tools.bench.contestants import Bench, exporter
from tools.bench.report import Section, table

INTERVAL = 1.0
OFFSET = 0.4
"""Seconds between the scrapes of the two, which Prometheus draws from a hash."""
TTL = 0.7


async def measure(bench: Bench, *, quick: bool) -> Section:
    rows = []
    intervals = 4 if quick else 15
    for ttl in (0.0, TTL):
        before = await calls(bench)
        async with exporter(bench, bench.base_url(20), arguments=[f"--cache-ttl={ttl}"]) as ours:
            pair = [Pages(ours.pages.port, [scrape_request("/metrics")]) for _ in range(2)]
            for _ in range(intervals):
                for pages, pause in zip(pair, (OFFSET, INTERVAL - OFFSET), strict=True):
                    await asyncio.gather(pages.get(), asyncio.sleep(pause))
            for pages in pair:
                await pages.aclose()
        asked = await calls(bench) - before
        rows.append(
            (f"{ttl / INTERVAL:g} of the interval", str(2 * intervals), str(asked), f"{asked / intervals:g}")
        )
    text = f"Two scrapers of one exporter, each once an interval, {OFFSET:g} of it apart; calls counted by the API.\n\n"
    header = ("cache_ttl", "scrapes", "calls", "calls an interval")
    return Section("A pair of Prometheus servers", text + table(header, rows))


async def calls(bench: Bench) -> int:
    pages = Pages(bench.plain, [scrape_request("/calls")])
    try:
        return int((await pages.get())[0])
    finally:
        await pages.aclose()
