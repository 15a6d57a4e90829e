"""Recent records, from an API over real sockets to the page."""

import time
from random import Random

import pytest

from betatel_exporter.api.vocabulary import Status
from tests.support.apps import serving
from tests.support.exporter import configured, exporting
from tests.support.provider import Message, Provider, app, counted
from tools.faults.api import QUERIES, RECENT, FakeApi

pytestmark = pytest.mark.anyio


async def test_without_recent_pages_there_is_no_request_and_no_series(api: FakeApi) -> None:
    async with exporting(configured(api.url, recent_pages="0")) as exporter:
        page = await exporter.scrape()
        landing = await exporter.scrape(path="/")
    assert page.up == 1
    assert api.asked == dict.fromkeys(set(QUERIES) - {RECENT}, 1)
    assert "recent" not in page.text
    assert "recent" not in landing.text.lower()


async def test_the_page_shows_what_an_independent_api_holds() -> None:
    random = Random(1)  # noqa: S311 - reproducible
    now = time.time()
    ages = [random.uniform(*ages) for ages in ((0, 60), (200, 1700), (1900, 4000)) for _ in range(85)]
    world = [
        Message(
            uuid=str(serial),
            at=round(now - age, 3),
            person=random.randrange(60),
            status=random.choice(list(Status)),
            country=random.choice(["Croatia", "Serbia"]),
            network=random.choice(["North", "South"]),
        )
        for serial, age in enumerate(ages)
    ]
    async with serving(app(Provider(world))) as url, exporting(configured(url)) as exporter:
        pages = [await exporter.scrape() for _ in range(3)]
    labels = "country", "network"
    expected = counted(world, now)
    assert len(expected) == 4
    assert pages[-1].labelled("betatel_telegram_recent_messages", *labels, "status") == {
        f"{country}/{network}/{status}": number
        for (country, network), (statuses, _, _) in expected.items()
        for status, number in statuses.items()
    }
    assert pages[-1].labelled("betatel_telegram_recent_recipients", *labels, "reached") == {
        f"{country}/{network}/{reached}": number
        for (country, network), (_, reached_, unreached) in expected.items()
        for reached, number in (("true", reached_), ("false", unreached))
    }
    assert pages[-1].labelled("betatel_telegram_recent_coverage_ratio", "account") == {"default": 1}
