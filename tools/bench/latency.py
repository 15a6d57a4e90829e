"""A scrape against the limit and against peers, by latency of the API, plain and over TLS."""

import contextlib

from tools.bench.contestants import Bench, accounts_up, exporter, json_exporter, limit, peer
from tools.bench.measure import Series, interleave
from tools.bench.report import SERIES_HEADER, Goal, Section, series_rows, table

ROUNDS = {0: 200, 20: 100, 100: 60, 500: 12}
"""Rounds by latency in milliseconds."""
SELDOM = {"sequential": 6}


async def measure(bench: Bench, *, quick: bool) -> Section:
    rows, goals = [], []
    for tls in (False, True):
        for latency, rounds in ROUNDS.items():
            series = await _compare(bench, latency, tls=tls, rounds=max(6, rounds // 10) if quick else rounds)
            kind = "TLS" if tls else "plain"
            rows += series_rows(f"{latency} ms, {kind}", series, "limit")
            if latency == 100:  # noqa: PLR2004  the latency that the goals are set for
                goals += _goals(series, kind, 1.10 if tls else 1.06)
    text = (
        "One account, ten queries a scrape. The limit is the ten queries alone, all at once on kept connections; the"
        " ratio is to its median. The sequential client and the threaded one are the client library's own server with"
        " httpx and one or ten threads; json_exporter is asked ten probes at once. The p99 of fewer than a hundred"
        " scrapes is the slowest.\n\n" + table(SERIES_HEADER, rows)
    )
    return Section("One scrape", text, goals)


async def _compare(bench: Bench, latency: int, *, tls: bool, rounds: int) -> dict[str, Series]:
    base_url = bench.base_url(latency, tls=tls)
    async with contextlib.AsyncExitStack() as stack:
        contestants = [
            limit(bench, latency, tls=tls),
            await stack.enter_async_context(exporter(bench, base_url)),
            await stack.enter_async_context(peer(bench, base_url, workers=1, name="sequential")),
            await stack.enter_async_context(peer(bench, base_url, workers=10, name="threaded")),
        ]
        stack.push_async_callback(contestants[0].pages.aclose)
        if other := await stack.enter_async_context(json_exporter(bench, base_url)):
            contestants.append(other)
        series = await interleave(contestants, rounds, seldom=SELDOM)
        (page,) = await contestants[1].pages.get()
        if accounts_up(page) != 1:
            raise RuntimeError("the exporter has measured failures")
        return series


def _goals(series: dict[str, Series], kind: str, bound: float) -> list[Goal]:
    ours, least = series["exporter"], series["limit"]
    goals = [Goal(f"median scrape to limit, 100 ms, {kind}", ours.median / least.median, bound)]
    goals.append(Goal(f"CPU a scrape, 100 ms, {kind}", (ours.median_cpu or 0) * 1000, 7, " ms"))
    goals += [
        Goal(f"median scrape to {name}'s, 100 ms, {kind}", ours.median / series[name].median, 1)
        for name in series
        if name not in {"exporter", "limit"}
    ]
    return goals
