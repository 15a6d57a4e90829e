"""Every fault of the catalogue, and several at once."""

import asyncio
import io
import time
from collections import Counter
from collections.abc import Iterable

import pytest

from betatel_exporter.api.errors import Reason
from betatel_exporter.commands.check import check
from tests.support.exporter import (
    Exporter,
    Scrape,
    configured,
    exporting,
    leaks,
    nothing_left_behind,
    of_query,
)
from tests.support.waiting import eventually
from tools.faults import behaviours
from tools.faults.api import QUERIES, RECENT, Exchange, FakeApi, good
from tools.faults.cases import BODY, CONNECTION, FAULTS, HTTP, LIMITS, Fault

pytestmark = pytest.mark.anyio

SECTIONS = {"connection": CONNECTION, "HTTP": HTTP, "rate limits": LIMITS, "body": BODY}

SLOW_TIMEOUT = 3.0
"""Seconds that the scraper waits where only the end of the time budget ends a fault."""

IN_TIME = 9.0
"""Seconds: an exporter that ignored the scraper's timeout would take longer, and a busy machine takes less."""


@pytest.mark.parametrize("section", SECTIONS)
async def test_a_fault_costs_its_own_series_only_and_the_next_scrape_has_all(
    section: str, api: FakeApi, logged: io.StringIO, subtests: pytest.Subtests
) -> None:
    for fault in SECTIONS[section]:
        if not fault.slow:
            with subtests.test(str(fault)):
                async with nothing_left_behind():
                    await a_fault_costs_its_own_series_only(fault, api)
    assert leaks(logged.getvalue()) == []


async def test_a_fault_that_only_the_end_of_the_time_budget_ends_is_no_exception(logged: io.StringIO) -> None:
    slow = [fault for fault in FAULTS if fault.slow]

    async def with_its_own_api(fault: Fault) -> None:
        with FakeApi() as api:
            await a_fault_costs_its_own_series_only(fault, api)

    async with nothing_left_behind():
        results = await asyncio.gather(*map(with_its_own_api, slow), return_exceptions=True)
    assert {str(fault): result for fault, result in zip(slow, results, strict=True) if result} == {}
    assert leaks(logged.getvalue()) == []


async def a_fault_costs_its_own_series_only(fault: Fault, api: FakeApi) -> None:
    """The page has everything else in time, each request is counted once, no secret is shown, the next scrape has all."""
    failures: Counter[str] = Counter()
    async with exporting(configured(api.url)) as exporter:
        api.behave()
        healthy = await exporter.scrape()
        assert healthy.up == 1
        for queries in (("stats/lasth",), ("tdr/FAILED",), (RECENT,), QUERIES):
            api.forget()
            api.misbehave(queries, fault.behave)
            page = await exporter.scrape(SLOW_TIMEOUT if fault.slow else 20.0)
            assert page.status == 200
            assert page.took < IN_TIME
            assert_only_missing(page, queries, healthy)
            assert api.asked == {query: fault.requests if query in queries else 1 for query in QUERIES}
            assert api.paths == {"/api/telegram/stats", "/api/telegram/tdr"}
            landing = await exporter.scrape(path="/")
            assert leaks(page.text, str(page.headers), landing.text) == []
            assert await eventually(lambda: api.busy == 0)
            if fault.cooldown:
                await assert_nothing_is_sent(fault.cooldown, exporter, api)
                break
            api.behave()
            again = await exporter.scrape()
            assert again.values == healthy.values
            assert again.up == 1
            for query in queries:
                failures[f"{operation_of(query)}/{fault.reason}"] += fault.requests
            assert again.failures() == failures
            assert "cooldown_until_timestamp_seconds{" not in again.text
    if not fault.big:
        await assert_check_shows_no_secret(fault, api)
    assert await eventually(lambda: api.open == 0)


def operation_of(query: str) -> str:
    return query.partition("/")[0]


def assert_only_missing(page: Scrape, queries: Iterable[str], healthy: Scrape) -> None:
    lost = {key for query in queries for key in of_query(query, healthy.values)}
    assert page.values == {key: value for key, value in healthy.values.items() if key not in lost}
    assert page.failed == set(queries)
    assert page.up == 0


async def assert_nothing_is_sent(seconds: float, exporter: Exporter, api: FakeApi) -> None:
    """In a cool-down, which ends as late as it should."""
    api.forget()
    page = await exporter.scrape()
    assert page.failed == set(QUERIES)
    assert not api.asked
    (until,) = page.labelled("betatel_api_cooldown_until_timestamp_seconds", "account").values()
    assert seconds - 30 < until - time.time() <= seconds


async def assert_check_shows_no_secret(fault: Fault, api: FakeApi) -> None:
    api.misbehave(QUERIES, fault.behave)
    for as_json in (False, True):
        out = io.StringIO()
        assert await check(configured(api.url, timeout="1"), out, as_json=as_json) != 0
        assert leaks(out.getvalue()) == []


async def test_a_kept_connection_that_was_closed_while_idle_costs_no_data(api: FakeApi) -> None:
    async def answer_and_close(exchange: Exchange) -> None:
        await good(exchange)
        exchange.writer.close()

    api.misbehave(QUERIES, answer_and_close)
    async with exporting(configured(api.url)) as exporter:
        pages = [await exporter.scrape() for _ in range(5)]
    assert [page.up for page in pages] == [1] * 5
    assert all(page.values == pages[0].values for page in pages)


async def test_faults_of_several_kinds_at_once_keep_their_own_reasons(api: FakeApi) -> None:
    mixed = {
        "stats/last5m": behaviours.silence,
        "stats/lasth": behaviours.status(500),
        "stats/last24h": behaviours.reset,
        "tdr/PENDING": behaviours.status(403),
        "tdr/SENT": behaviours.endless,
        "tdr/READ": behaviours.trickle,
    }

    async def behave(exchange: Exchange) -> None:
        await mixed.get(exchange.query, good)(exchange)

    async with exporting(configured(api.url)) as exporter:
        healthy = await exporter.scrape()
        api.misbehave(QUERIES, behave)
        assert_only_missing(await exporter.scrape(SLOW_TIMEOUT), mixed, healthy)
        api.behave()
        assert (await exporter.scrape()).failures() == {
            f"stats/{Reason.TIMEOUT}": 1,
            f"stats/{Reason.SERVER_ERROR}": 1,
            f"stats/{Reason.CONNECT}": 2,
            f"tdr/{Reason.UNAUTHORIZED}": 1,
            f"tdr/{Reason.INVALID_RESPONSE}": 1,
            f"tdr/{Reason.TIMEOUT}": 1,
        }
