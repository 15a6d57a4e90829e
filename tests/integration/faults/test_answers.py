"""Faults of what is answered; how it came does not matter here, and so one event loop is enough."""

import tracemalloc

import pytest

from betatel_exporter.api.models import Operation
from tests.integration.faults.expect import Case, a_fault_costs_its_own_series_only, cases_of
from tests.support.exporter import configured, exporting
from tools.faults.api import QUERIES, STATS, FakeApi
from tools.faults.behaviours import MEGABYTE
from tools.faults.cases import BODY, FAULTS, LIMITS, Fault

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("case", list(cases_of((*LIMITS, *BODY))))
async def test_a_wrong_answer_costs_its_own_series_only_and_the_next_scrape_recovers(
    case: Case, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_fault_costs_its_own_series_only(case, api, configured(monkeypatch, api.url))


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.big], ids=str)
async def test_memory_stays_flat_when_every_query_gets_it(
    fault: Fault, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exporting(configured(monkeypatch, api.url)) as exporter:
        await exporter.scrape()
        api.misbehave(STATS if fault.only is Operation.STATS else QUERIES, fault.behave)
        tracemalloc.start()
        try:
            page = await exporter.scrape(30)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert page.failed
    assert peak < 40 * MEGABYTE, "ten answers of 1 MiB each and what reading them takes"
