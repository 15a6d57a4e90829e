"""Faults of connections and of HTTP, on both event loops, and several at once."""

import pytest

from betatel_exporter.api.errors import Reason
from tests.integration.faults.expect import (
    Case,
    a_fault_costs_its_own_series_only,
    cases_of,
    failures_of,
    only_these_are_missing,
)
from tests.support.exporter import SCRAPE_TIMEOUT, configured, exporting
from tools.faults import behaviours
from tools.faults.api import QUERIES, TDR, Exchange, FakeApi, good
from tools.faults.cases import CONNECTION, FAULTS, HTTP, Fault

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("case", list(cases_of((*CONNECTION, *HTTP))))
async def test_a_fault_costs_its_own_series_only_and_the_next_scrape_recovers(
    case: Case, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_fault_costs_its_own_series_only(case, api, configured(monkeypatch, api.url))


SPREAD = [
    fault
    for fault in FAULTS
    if fault.behave in {behaviours.reset, behaviours.silence, behaviours.truncated}
    or fault.what in {"500", "a negative count"}
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("fault", SPREAD, ids=str)
async def test_any_query_may_be_the_one(
    fault: Fault, query: str, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exporting(configured(monkeypatch, api.url)) as exporter:
        healthy = await exporter.scrape()
        api.misbehave([query], fault.behave)
        page = await exporter.scrape(SCRAPE_TIMEOUT if fault.slow else 10.0)
        assert page.status == 200
        assert only_these_are_missing(page, (query,), healthy)
        assert page.failures() == failures_of(fault, (query,))


async def test_a_kept_connection_that_was_closed_while_idle_costs_no_data(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer_and_close(exchange: Exchange) -> None:
        await good(exchange)
        exchange.writer.close()

    async with exporting(configured(monkeypatch, api.url)) as exporter:
        api.misbehave(QUERIES, answer_and_close)
        pages = [await exporter.scrape() for _ in range(5)]
    assert [page.up for page in pages] == [1] * 5
    assert all(page.values == pages[0].values for page in pages)


async def test_faults_of_several_kinds_at_once_keep_their_own_reasons(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    async with exporting(configured(monkeypatch, api.url)) as exporter:
        healthy = await exporter.scrape()
        api.misbehave(QUERIES, behave)
        page = await exporter.scrape(SCRAPE_TIMEOUT)
    assert only_these_are_missing(page, tuple(mixed), healthy)
    assert page.failures() == {
        f"stats/{Reason.TIMEOUT}": 1,
        f"stats/{Reason.SERVER_ERROR}": 1,
        f"stats/{Reason.CONNECT}": 2,
        f"tdr/{Reason.UNAUTHORIZED}": 1,
        f"tdr/{Reason.INVALID_RESPONSE}": 1,
        f"tdr/{Reason.TIMEOUT}": 1,
    }


async def test_a_fault_that_lasts_is_counted_at_every_scrape(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exporting(configured(monkeypatch, api.url)) as exporter:
        api.misbehave(TDR, behaviours.status(502))
        for scrapes in range(1, 4):
            page = await exporter.scrape()
            assert page.failures() == {f"tdr/{Reason.SERVER_ERROR}": len(TDR) * scrapes}
            assert page.failed == set(TDR)
