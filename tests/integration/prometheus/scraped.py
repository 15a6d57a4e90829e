"""What the exporter says of the simulated API, minute by minute, as the input of a promtool test.

The real exporter asks the real simulator, in one process and on the event loop's clock: run it in virtual time.
"""

import asyncio
from collections.abc import Sequence

import httpx
from prometheus_client import Metric
from prometheus_client.samples import Sample

from betatel_exporter import metrics
from betatel_exporter.api.client import ApiClient
from betatel_exporter.api.models import Query, RecordsQuery, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.recent import RecentQuery
from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH, create_app

QUERIES: list[Query] = [
    *(
        StatsQuery(window, "UTC")
        for window in (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS)
    ),
    *(RecordsQuery(status) for status in Status),
    RecentQuery(b"any key will do"),
]
BEGINNING = 1_800_000_000.0
"""A moment in the early afternoon, UTC; promtool's time 0."""

Series = dict[str, str]


async def scraped(*, scenarios: Sequence[tuple[str, int]], messages_per_hour: float) -> Series:
    """Selector and values of every series, over scenarios that each last so many minutes of the event loop's time."""
    loop = asyncio.get_running_loop()
    started = loop.time()

    def clock() -> float:
        return BEGINNING + loop.time() - started

    api = create_app(clock=clock, messages_per_hour=messages_per_hour)
    calls = Calls(["default"])
    client = ApiClient(
        httpx.ASGITransport(api),
        f"http://simulator{BASE_PATH}",
        account_id=ACCOUNT_ID,
        key=lambda: API_KEY,
        observer=calls.observer("default"),
        user_agent="test",
    )
    account = Collector(
        "default",
        QUERIES,
        client,
        slots=FairSemaphore(20, 2),
        max_concurrency=16,
        cache_ttl=0,
        call_budget=5,
        clock=clock,
    )
    pages = []
    for scenario, minutes in scenarios:
        api.state.world.switch(scenario)
        for _ in range(minutes):
            minute = loop.time()
            snapshot = await account.collect(minute + 5)
            pages.append(
                _page([*metrics.account_families([snapshot], {}), *calls.account_families(["default"])])
            )
            await asyncio.sleep(minute + 60 - loop.time())
    await account.aclose()
    return {
        name: " ".join(_value(page.get(name)) for page in pages)
        for name in dict.fromkeys(name for page in pages for name in page)
    }


def _page(families: Sequence[Metric]) -> dict[str, float]:
    return {_selector(sample): _shifted(sample) for family in families for sample in family.samples}


def _selector(sample: Sample) -> str:
    labels = {"job": "betatel", "instance": "a", **sample.labels}
    matchers = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{sample.name}{{{matchers}}}"


def _shifted(sample: Sample) -> float:
    """Moments in promtool's time."""
    return sample.value - BEGINNING if sample.name.endswith("_timestamp_seconds") else sample.value


def _value(value: float | None) -> str:
    return "stale" if value is None else repr(float(value))
