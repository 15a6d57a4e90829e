"""Every fault of the catalogue, and several at once."""

import asyncio

import pytest

from betatel_exporter.api.errors import Reason
from tests.integration.faults.expect import (
    SLOW_TIMEOUT,
    a_fault_costs_its_own_series_only,
    only_these_are_missing,
)
from tests.support.exporter import configured, exporting, nothing_left_behind
from tools.faults import behaviours
from tools.faults.api import QUERIES, TDR, Exchange, FakeApi, good
from tools.faults.cases import BODY, CONNECTION, FAULTS, HTTP, LIMITS, Fault

pytestmark = pytest.mark.anyio

SECTIONS = {"connection": CONNECTION, "HTTP": HTTP, "rate limits": LIMITS, "body": BODY}


@pytest.mark.parametrize("section", SECTIONS)
async def test_a_fault_costs_its_own_series_only_and_the_next_scrape_has_all(
    section: str, api: FakeApi, subtests: pytest.Subtests
) -> None:
    for fault in SECTIONS[section]:
        if fault.slow:
            continue
        with subtests.test(str(fault)):
            async with nothing_left_behind():
                await a_fault_costs_its_own_series_only(fault, api, configured(api.url))


async def test_a_fault_that_only_the_end_of_the_time_budget_ends_is_no_exception() -> None:
    slow = [fault for fault in FAULTS if fault.slow]

    async def check(fault: Fault) -> None:
        with FakeApi() as api:
            await a_fault_costs_its_own_series_only(fault, api, configured(api.url))

    async with nothing_left_behind():
        results = await asyncio.gather(*map(check, slow), return_exceptions=True)
    assert {str(fault): result for fault, result in zip(slow, results, strict=True) if result} == {}


async def test_a_kept_connection_that_was_closed_while_idle_costs_no_data(api: FakeApi) -> None:
    async def answer_and_close(exchange: Exchange) -> None:
        await good(exchange)
        exchange.writer.close()

    async with exporting(configured(api.url)) as exporter:
        api.misbehave(QUERIES, answer_and_close)
        pages = [await exporter.scrape() for _ in range(5)]
    assert [page.up for page in pages] == [1] * 5
    assert all(page.values == pages[0].values for page in pages)


async def test_faults_of_several_kinds_at_once_keep_their_own_reasons(api: FakeApi) -> None:
    mixed = {
        "stats/last5m": behaviours.silence,
        "stats/lasth": behaviours.status(500),
        "stats/last24h": behaviours.reset,
        "tdr/PENDING": behaviours.status(403),
        "tdr/SENT": behaviours.fifty_megabytes,
        "tdr/READ": behaviours.trickle,
    }

    async def behave(exchange: Exchange) -> None:
        await mixed.get(exchange.query, good)(exchange)

    async with exporting(configured(api.url)) as exporter:
        healthy = await exporter.scrape()
        api.misbehave(QUERIES, behave)
        page = await exporter.scrape(SLOW_TIMEOUT)
        assert only_these_are_missing(page, tuple(mixed), healthy)
        api.behave()
        assert (await exporter.scrape()).failures() == {
            f"stats/{Reason.TIMEOUT}": 1,
            f"stats/{Reason.SERVER_ERROR}": 1,
            f"stats/{Reason.CONNECT}": 2,
            f"tdr/{Reason.UNAUTHORIZED}": 1,
            f"tdr/{Reason.INVALID_RESPONSE}": 1,
            f"tdr/{Reason.TIMEOUT}": 1,
        }


async def test_a_fault_that_lasts_is_counted_at_every_scrape(api: FakeApi) -> None:
    async with exporting(configured(api.url)) as exporter:
        api.misbehave(TDR, behaviours.status(502))
        for scrapes in range(1, 4):
            page = await exporter.scrape()
            assert page.failures() == {f"tdr/{Reason.SERVER_ERROR}": len(TDR) * scrapes}
            assert page.failed == set(TDR)
