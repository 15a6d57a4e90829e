"""A hundred scrapers at once."""

import asyncio

import pytest

from tests.support.exporter import configured, exporting
from tests.support.waiting import eventually
from tools.faults.api import QUERIES, Exchange, FakeApi, good

pytestmark = pytest.mark.anyio

SCRAPERS = 100


class Gate:
    """Answers wait behind it until it is opened."""

    def __init__(self, api: FakeApi) -> None:
        self._injector = api
        self._opened = asyncio.Event()

    async def behave(self, exchange: Exchange) -> None:
        await self._opened.wait()
        await good(exchange)

    def open(self) -> None:
        self._injector.call(self._opened.set)


@pytest.mark.parametrize(("limit", "served"), [(1, 1), (40, 20)])
async def test_of_a_hundred_scrapers_with_one_address_half_the_limit_are_served_and_the_others_refused_at_once(
    limit: int, served: int
) -> None:
    with FakeApi() as api:
        gate = Gate(api)
        api.misbehave(QUERIES, gate.behave)
        configuration = configured(api.url, {"BETATEL_WEB__MAX_REQUESTS": str(limit)})
        async with exporting(configuration) as exporter:
            scrapers = [asyncio.ensure_future(exporter.scrape(60)) for _ in range(SCRAPERS)]
            assert await eventually(lambda: sum(map(asyncio.Future.done, scrapers)) == SCRAPERS - served)
            assert {scraper.result().status for scraper in scrapers if scraper.done()} == {503}

            for path in ("/-/healthy", "/-/ready", "/"):
                assert (await exporter.client.get(path)).status_code == 200, path
            assert (await exporter.scrape(path="/probe?account=default")).status == 503
            assert sum(map(asyncio.Future.done, scrapers)) == SCRAPERS - served

            gate.open()
            pages = [page for page in await asyncio.gather(*scrapers) if page.status == 200]
            assert len(pages) == served
            assert {page.up for page in pages} == {1}
            assert api.asked == dict.fromkeys(QUERIES, 1)
            assert (await exporter.scrape()).status == 200


async def test_scrapers_that_share_a_query_in_flight_each_get_their_answer_in_their_own_time() -> None:
    with FakeApi() as api:
        gate = Gate(api)
        api.misbehave(["stats/lasth"], gate.behave)
        async with exporting(configured(api.url)) as exporter:
            patient = asyncio.ensure_future(exporter.scrape(60))
            assert await eventually(lambda: api.asked.total() == len(QUERIES))
            hurried = await exporter.scrape(2)
            assert hurried.failed == {"stats/lasth"}
            assert not patient.done()
            gate.open()
            assert not (await patient).failed
            assert api.asked["stats/lasth"] == 1


async def test_a_health_check_is_answered_between_the_pages_of_a_crowd() -> None:
    with FakeApi() as api:
        gate = Gate(api)
        api.misbehave(QUERIES, gate.behave)
        async with exporting(configured(api.url)) as exporter:
            scrapers = [asyncio.ensure_future(exporter.scrape(60)) for _ in range(20)]
            assert await eventually(lambda: api.busy >= 10)
            gate.open()
            await asyncio.wait(scrapers, return_when=asyncio.FIRST_COMPLETED)
            assert (await exporter.client.get("/-/healthy")).status_code == 200
            assert sum(map(asyncio.Future.done, scrapers)) < 10
            assert {page.status for page in await asyncio.gather(*scrapers)} == {200}
