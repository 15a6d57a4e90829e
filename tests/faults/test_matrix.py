"""Every fault, met by one query of each kind and by all ten at once."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from exporter.models import Operation, Reason
from tests.faults import cases
from tests.faults.cases import FAULTS, MEGABYTE, Fault
from tests.faults.harness import SCRAPE_TIMEOUT, Exporter, Scrape, configured, eventually, exporting, of_query
from tests.faults.injector import QUERIES, STATS, TDR, Exchange, Injector, good

pytestmark = pytest.mark.anyio

ONE_STATS, ONE_TDR, ALL = ("stats/lasth",), ("tdr/FAILED",), QUERIES


class Case(NamedTuple):
    fault: Fault
    queries: tuple[str, ...]


def every_case() -> Iterator[object]:
    for fault in FAULTS:
        for place, queries in (("one stats", ONE_STATS), ("one tdr", ONE_TDR), ("all", ALL)):
            asked = tuple(query for query in queries if fault.only in {None, operation_of(query)})
            if asked:
                yield pytest.param(Case(fault, asked), id=f"{fault}-{place}")


def operation_of(query: str) -> Operation:
    return Operation(query.partition("/")[0])


def expected_failures(fault: Fault, queries: tuple[str, ...]) -> dict[str, float]:
    """Failed HTTP requests by operation and reason."""
    failures: dict[str, float] = {}
    for query in queries:
        key = f"{operation_of(query)}/{fault.reason}"
        failures[key] = failures.get(key, 0) + fault.requests
    return failures


def assert_only_these_are_missing(page: Scrape, queries: tuple[str, ...], healthy: Scrape) -> None:
    lost = {key for query in queries for key in of_query(query, healthy.values)}
    assert page.values == {key: value for key, value in healthy.values.items() if key not in lost}
    assert page.failed == set(queries)
    assert page.up == 0


@pytest.mark.parametrize("case", list(every_case()))
async def test_a_fault_costs_its_own_series_only_and_the_next_scrape_recovers(
    case: Case, injector: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault, queries = case
    async with exporting(configured(monkeypatch, injector.url)) as exporter:
        healthy = await exporter.scrape()
        assert not healthy.failed
        tasks = asyncio.all_tasks()
        injector.forget()
        injector.misbehave(queries, fault.behave)

        timeout = SCRAPE_TIMEOUT if fault.slow else 10.0
        page = await exporter.scrape(timeout)

        assert page.status == 200
        assert page.took < timeout
        assert_only_these_are_missing(page, queries, healthy)
        assert page.failures() == expected_failures(fault, queries)
        assert injector.asked == {query: fault.requests if query in queries else 1 for query in QUERIES}
        assert "/api/elsewhere" not in injector.paths
        assert asyncio.all_tasks() == tasks
        assert await eventually(lambda: injector.busy == 0)

        injector.behave()
        await recovers(exporter, injector, healthy, fault)
    assert await eventually(lambda: injector.open == 0)


async def recovers(exporter: Exporter, injector: Injector, healthy: Scrape, fault: Fault) -> None:
    if fault.cooldown:
        exporter.clock.leaped = fault.cooldown - 20
        injector.forget()
        waiting = await exporter.scrape()
        assert waiting.failed == set(QUERIES)
        assert not injector.asked
        assert "betatel_api_cooldown_until_timestamp_seconds{" in waiting.text
        exporter.clock.leaped = fault.cooldown
    again = await exporter.scrape()
    assert again.values == healthy.values
    assert again.up == 1
    assert not again.failed
    assert "betatel_api_cooldown_until_timestamp_seconds{" not in again.text


SPREAD = [
    fault
    for fault in FAULTS
    if fault.behave in {cases.reset, cases.silence, cases.truncated}
    or fault.what in {"500", "a negative count"}
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("fault", SPREAD, ids=str)
async def test_any_query_may_be_the_one(
    fault: Fault, query: str, injector: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exporting(configured(monkeypatch, injector.url)) as exporter:
        healthy = await exporter.scrape()
        injector.misbehave([query], fault.behave)
        page = await exporter.scrape(SCRAPE_TIMEOUT if fault.slow else 10.0)
        assert page.status == 200
        assert_only_these_are_missing(page, (query,), healthy)
        assert page.failures() == expected_failures(fault, (query,))


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.big], ids=str)
async def test_memory_stays_flat_when_every_query_gets_it(
    fault: Fault, injector: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exporting(configured(monkeypatch, injector.url)) as exporter:
        await exporter.scrape()
        injector.misbehave(STATS if fault.only is Operation.STATS else QUERIES, fault.behave)
        tracemalloc.start()
        try:
            page = await exporter.scrape(30)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert page.failed
    assert peak < 40 * MEGABYTE, "ten answers of 1 MiB each and what reading them takes"


async def test_a_kept_connection_that_was_closed_while_idle_costs_no_data(
    injector: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer_and_close(exchange: Exchange) -> None:
        await good(exchange)
        exchange.writer.close()

    async with exporting(configured(monkeypatch, injector.url)) as exporter:
        injector.misbehave(QUERIES, answer_and_close)
        pages = [await exporter.scrape() for _ in range(5)]
    assert [page.up for page in pages] == [1] * 5
    assert all(page.values == pages[0].values for page in pages)


async def test_faults_of_several_kinds_at_once_keep_their_own_reasons(
    injector: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = {
        "stats/last5m": cases.silence,
        "stats/lasth": cases.status(500),
        "stats/last24h": cases.reset,
        "tdr/PENDING": cases.status(403),
        "tdr/SENT": cases.fifty_megabytes,
        "tdr/READ": cases.trickle,
    }

    async def behave(exchange: Exchange) -> None:
        await mixed.get(exchange.query, good)(exchange)

    async with exporting(configured(monkeypatch, injector.url)) as exporter:
        healthy = await exporter.scrape()
        injector.misbehave(QUERIES, behave)
        page = await exporter.scrape(SCRAPE_TIMEOUT)
    assert_only_these_are_missing(page, tuple(mixed), healthy)
    assert page.failures() == {
        f"stats/{Reason.TIMEOUT}": 1,
        f"stats/{Reason.SERVER_ERROR}": 1,
        f"stats/{Reason.CONNECT}": 2,
        f"tdr/{Reason.UNAUTHORIZED}": 1,
        f"tdr/{Reason.INVALID_RESPONSE}": 1,
        f"tdr/{Reason.TIMEOUT}": 1,
    }


async def test_a_fault_that_lasts_is_counted_at_every_scrape(
    injector: Injector, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exporting(configured(monkeypatch, injector.url)) as exporter:
        injector.misbehave(TDR, cases.status(502))
        for scrapes in range(1, 4):
            page = await exporter.scrape()
            assert page.failures() == {f"tdr/{Reason.SERVER_ERROR}": len(TDR) * scrapes}
            assert page.failed == set(TDR)
