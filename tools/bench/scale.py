"""How a scrape grows with scrapers at once and with accounts."""

import asyncio
import contextlib
import time

from tools.bench.client import Pages, scrape_request
from tools.bench.contestants import Bench, exporter
from tools.bench.measure import SETTLE, WARM_UP, Series, interleave
from tools.bench.report import SERIES_HEADER, Goal, Section, milliseconds, series_rows, table
from tools.process import Process

LATENCY = 100
SCRAPERS = (1, 2, 8, 40)
ACCOUNTS = (1, 10, 100)


async def measure_scrapers(bench: Bench, *, quick: bool) -> Section:
    async with exporter(bench, bench.base_url(LATENCY)) as ours:
        assert ours.process is not None  # noqa: S101  for the type checker
        series: dict[str, Series] = {str(count): Series() for count in SCRAPERS}
        crowds = {
            count: [Pages(ours.pages.port, [scrape_request("/metrics")]) for _ in range(count)]
            for count in SCRAPERS
        }
        for number in range(-WARM_UP, 6 if quick else 40):
            for count, crowd in crowds.items():
                one = await _all_at_once(crowd, ours.process)
                if number >= 0:
                    series[str(count)].seconds += one.seconds
                    series[str(count)].cpu += one.cpu
        for crowd in crowds.values():
            for pages in crowd:
                await pages.aclose()
    rows = series_rows("", series, "1")
    text = (
        "Scrapers that come at the same moment share one collection. Times are each scraper's own, CPU is of all of them"
        f" together, the API answers in {LATENCY} ms, the ratio is to one scraper.\n\n"
    )
    goal = Goal("median of 8 scrapers at once to one", series["8"].median / series["1"].median, 1.15)
    header = ("", "scrapers at once", *SERIES_HEADER[2:])
    return Section("Scrapers at once", text + table(header, rows), [goal])


async def _all_at_once(crowd: list[Pages], process: Process) -> Series:
    series = Series()

    async def one(pages: Pages) -> None:
        started = time.perf_counter()
        await pages.get()
        series.seconds.append(time.perf_counter() - started)

    before = process.cpu()
    await asyncio.gather(*map(one, crowd))
    await asyncio.sleep(SETTLE)
    series.cpu.append(process.cpu() - before)
    return series


async def measure_accounts(bench: Bench, *, quick: bool) -> Section:
    rows = []
    goals: list[Goal] = []
    async with contextlib.AsyncExitStack() as stack:
        contestants = [
            await stack.enter_async_context(
                exporter(bench, bench.base_url(LATENCY), accounts=count, name=str(count))
            )
            for count in ACCOUNTS
        ]
        series = await interleave(contestants, 3 if quick else 15)
        for contestant in contestants:
            assert contestant.process is not None  # noqa: S101  for the type checker
            one, memory = series[contestant.name], contestant.process.peak_memory()
            rows.append(
                (
                    contestant.name,
                    str(10 * int(contestant.name)),
                    milliseconds(one.median),
                    milliseconds(one.p99),
                    milliseconds(one.median_cpu),
                    f"{memory:.0f}",
                    str(contestant.process.open_files()),
                )
            )
        many = series["100"]
        goals += [
            Goal("100 accounts, median scrape", many.median, 1.5, " s"),
            Goal("100 accounts, CPU a scrape", many.median_cpu or 0.0, 1.2, " s"),
            Goal("100 accounts, peak memory", memory, 90, " MB"),
        ]
    text = (
        f"All accounts on one page, {LATENCY} ms, at most 200 calls at once (`max_concurrency_total`): 100 accounts are 1000"
        " calls, and five times the latency at the least.\n\n"
    )
    header = ("accounts", "calls", "median ms", "p99 ms", "CPU ms", "peak MB", "open files")
    return Section("Accounts", text + table(header, rows), goals)
