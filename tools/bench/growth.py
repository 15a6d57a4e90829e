"""How many accounts one process carries within a scrape timeout of 10 s."""

from tools.bench.contestants import Bench, accounts_up, exporter
from tools.bench.measure import interleave
from tools.bench.report import Section, table

STEPS = {100: (200, 400, 800, 1200), 500: (200, 300, 400)}
"""Accounts to try, by latency of the API in milliseconds; the first that is too many is the last one tried."""


async def measure(bench: Bench, *, quick: bool) -> Section:
    rows = []
    for latency, steps in STEPS.items():
        for accounts in steps[:1] if quick else steps:
            row, carried = await _try(bench, latency, accounts)
            rows.append(row)
            if not carried:
                break
    text = (
        "Scrapes with a timeout of 10 s, of which a collection has 9.5 s, and at most 200 calls at once; an account is"
        " carried when its ten queries are answered in time.\n\n"
    )
    header = ("API answers in", "accounts", "carried", "scrape s", "CPU s", "peak MB", "open files")
    return Section("Accounts in one scrape timeout", text + table(header, rows))


async def _try(bench: Bench, latency: int, accounts: int) -> tuple[tuple[str, ...], bool]:
    async with exporter(bench, bench.base_url(latency), accounts=accounts) as ours:
        assert ours.process is not None  # noqa: S101  for the type checker
        series = (await interleave([ours], 1, warm_up=1))[ours.name]
        (page,) = await ours.pages.get()
        row = (
            f"{latency} ms",
            str(accounts),
            str(accounts_up(page)),
            f"{series.median:.2f}",
            f"{series.median_cpu:.2f}",
            f"{ours.process.peak_memory():.0f}",
            str(ours.process.open_files()),
        )
        return row, accounts_up(page) == accounts
