"""One account: a scrape against the limit and against peers, and by several scrapers at once."""

import contextlib

from tools.bench.client import Pages, scrape_request
from tools.bench.contestants import Bench, accounts_up, exporter, json_exporter, peer
from tools.bench.measure import WARM_UP, Contestant, Series, interleave
from tools.bench.table import Row, goal, row

ROUNDS = {0: 200, 20: 100, 100: 60, 500: 6}
"""Rounds by latency in milliseconds."""
GOALS_AT = 100
TEN, RECENT = "exporter, ten queries", "exporter, recent records too"
SCRAPERS = (1, 2, 8, 40)


async def measure(bench: Bench, *, quick: bool) -> list[Row]:
    rows = []
    for tls in (False, True):
        for latency, rounds in ROUNDS.items():
            rows += await _compare(bench, latency, tls=tls, rounds=max(3, rounds // 10) if quick else rounds)
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
        contestants = [Contestant("limit", limit)]
        for name, process in processes.items():
            if process:
                contestants.append(Contestant(name, *await stack.enter_async_context(process)))
        series = await interleave(contestants, rounds, seldom={"sequential": 6})
        for ours in contestants[1:3]:
            if accounts_up((await ours.pages.get())[0]) != 1:
                raise RuntimeError("the exporter has measured failures")
        return [
            row(
                f"{latency} ms, {'TLS' if tls else 'plain'}: {one.name}",
                series[one.name],
                to=series["limit"],
                process=one.process,
                goal=_goal(one.name, series, tls=tls) if latency == GOALS_AT else "",
            )
            for one in contestants
        ]


def _goal(name: str, series: dict[str, Series], *, tls: bool) -> str:
    median = series[name].median
    if name == "limit":
        return ""
    if name in {TEN, RECENT}:
        ratio, cpu = median / series["limit"].median, series[name].median_cpu * 1000
        return goal(("ratio", ratio, 1.10 if tls else 1.06), ("CPU ms", cpu, 7 if name == TEN else 8))
    return goal((f"{TEN} to it", series[TEN].median / median, 1))


async def measure_scrapers(bench: Bench, *, quick: bool) -> list[Row]:
    """Scrapers that come at the same moment share one collection; CPU is of all of them together.

    One client address gets a part of `--web.max-requests` only, so that is raised.
    """
    series = {count: Series() for count in SCRAPERS}
    async with exporter(bench, bench.base_url(GOALS_AT), "--web.max-requests=200") as (pages, process):
        crowd = [Pages(pages.port, [scrape_request("/metrics")]) for _ in range(max(SCRAPERS))]
        for number in range(-WARM_UP, 6 if quick else 40):
            for count, one in series.items():
                await (one if number >= 0 else Series()).add(process, *crowd[:count])
        for scraper in crowd:
            await scraper.aclose()
    eight = goal(("ratio", series[8].median / series[1].median, 1.15))
    return [
        row(f"{count} scrapers at once, {GOALS_AT} ms", one, to=series[1], goal=eight if count == 8 else "")  # noqa: PLR2004
        for count, one in series.items()
    ]
