"""Recent records, from an API over real sockets to the page."""

import contextlib
import re
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from betatel_exporter.api.vocabulary import Status
from betatel_exporter.config import Configuration
from betatel_exporter.simulator import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from tests.support import provider
from tests.support.apps import serving_in_a_thread
from tests.support.exporter import configured, exporting
from tests.support.provider import Message, Provider, counted
from tools.faults.api import QUERIES, RECENT, FakeApi

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@contextlib.contextmanager
def simulated(*, pages: str = "3", **options: Any) -> Iterator[Configuration]:
    """Settings for the simulated API, served by a thread."""
    with serving_in_a_thread(create_app(**options)) as port:
        url = f"http://127.0.0.1:{port}{BASE_PATH}"
        yield configured(url, {"BETATEL_API_KEY": API_KEY}, account_id=ACCOUNT_ID, recent_pages=pages)


async def test_without_recent_pages_there_is_no_request_and_no_series(api: FakeApi) -> None:
    async with exporting(configured(api.url, recent_pages="0")) as exporter:
        api.forget()
        page = await exporter.scrape()
        landing = await exporter.scrape(path="/")
    assert page.up == 1
    assert api.asked == dict.fromkeys(set(QUERIES) - {RECENT}, 1)
    assert "recent" not in page.text
    assert "recent" not in landing.text.lower()


async def test_the_page_shows_what_an_independent_api_holds() -> None:
    random = Random(1)  # noqa: S311 - reproducible
    now = time.time()
    world = [
        Message(
            uuid=str(serial),
            at=round(now - age, 3),
            person=random.randrange(60),
            status=random.choice(list(Status)),
            country=random.choice(["Croatia", "Serbia"]),
            network=random.choice(["North", "South"]),
        )
        for serial, age in enumerate(
            [random.uniform(*ages) for ages in ((0, 60), (200, 1700), (1900, 4000)) for _ in range(85)]
        )
    ]
    with provider.serving(Provider(world)) as url:
        async with exporting(configured(url)) as exporter:
            pages = [await exporter.scrape() for _ in range(3)]
    page = pages[-1]
    labels = "country", "network"
    messages = page.labelled("betatel_telegram_recent_messages", *labels, "status")
    people = page.labelled("betatel_telegram_recent_recipients", *labels, "reached")
    expected = counted(world, now)
    assert len(expected) == 4
    assert messages == {
        f"{country}/{network}/{status}": number
        for (country, network), (statuses, _, _) in expected.items()
        for status, number in statuses.items()
    }
    assert people == {
        f"{country}/{network}/{reached}": number
        for (country, network), (_, reached_, unreached) in expected.items()
        for reached, number in (("true", reached_), ("false", unreached))
    }
    assert page.labelled("betatel_telegram_recent_coverage_ratio", "account") == {"default": 1}


async def test_a_dead_network_is_the_one_that_reaches_nobody() -> None:
    with simulated(pages="10", scenario="network-down", scenario_age=2700) as configuration:
        async with exporting(configuration) as exporter:
            pages = [await exporter.scrape() for _ in range(3)]
    page = pages[-1]
    assert page.labelled("betatel_telegram_recent_coverage_ratio", "account")["default"] > 0.9
    people = page.labelled("betatel_telegram_recent_recipients", "country", "network", "reached")
    assert people["Croatia/Jadran Tel/false"] >= 5
    assert people["Croatia/Jadran Tel/true"] <= 1
    others = [name.removesuffix("/true") for name in people if re.search(r"(?<!Jadran Tel)/true$", name)]
    worse = [name for name in others if people[f"{name}/false"] > people[f"{name}/true"]]
    assert len(others) > 10
    assert len(worse) <= 2


async def test_calls_are_counted_and_stay_within_the_pages_allowed() -> None:
    with simulated(messages_per_hour=6000) as configuration:
        async with exporting(configuration) as exporter:
            pages = [await exporter.scrape() for _ in range(3)]
    calls = [page.labelled("betatel_api_requests_total", "operation")["tdr"] for page in pages]
    assert calls == [8, 8 + 10, 8 + 2 * 10]
    coverage = pages[-1].labelled("betatel_telegram_recent_coverage_ratio", "account")["default"]
    assert 0.05 < coverage < 0.4
