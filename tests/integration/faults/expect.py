"""What is expected of the exporter when some queries meet a fault."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.config import Configuration
from tests.support.exporter import Exporter, Scrape, exporting, of_query
from tests.support.waiting import eventually
from tools.faults.api import QUERIES, RECENT, FakeApi
from tools.faults.cases import Fault

SLOW_TIMEOUT = 2.0
"""Seconds that the scraper waits where only the end of the time budget ends a fault."""


def affected(fault: Fault) -> Iterator[tuple[str, ...]]:
    """The queries that meet a fault together: one of each kind, and all."""
    for queries in (("stats/lasth",), ("tdr/FAILED",), (RECENT,), QUERIES):
        found = tuple(query for query in queries if fault.only in {None, operation_of(query)})
        if found:
            yield found


def operation_of(query: str) -> Operation:
    return Operation(query.partition("/")[0])


def failures_of(fault: Fault, queries: Iterable[str]) -> Counter[str]:
    """Failed HTTP requests by operation and reason."""
    failures: Counter[str] = Counter()
    for query in queries:
        failures[f"{operation_of(query)}/{fault.reason}"] += fault.requests
    return failures


def only_these_are_missing(page: Scrape, queries: Iterable[str], healthy: Scrape) -> bool:
    lost = {key for query in queries for key in of_query(query, healthy.values)}
    assert page.values == {key: value for key, value in healthy.values.items() if key not in lost}
    assert page.failed == set(queries)
    return page.up == 0


async def a_fault_costs_its_own_series_only(fault: Fault, api: FakeApi, configuration: Configuration) -> None:
    """The page is out in time with everything else, each request is counted once, and the next scrape has all."""
    timeout = SLOW_TIMEOUT if fault.slow else 20.0
    failures: Counter[str] = Counter()
    async with exporting(configuration) as exporter:
        api.behave()
        healthy = await exporter.scrape()
        assert healthy.up == 1
        for queries in affected(fault):
            api.forget()
            api.misbehave(queries, fault.behave)
            page = await exporter.scrape(timeout)
            assert page.status == 200
            assert page.took < timeout
            assert only_these_are_missing(page, queries, healthy)
            assert api.asked == {query: fault.requests if query in queries else 1 for query in QUERIES}
            assert api.paths == {"/api/telegram/stats", "/api/telegram/tdr"}
            failures += failures_of(fault, queries)
            assert await eventually(lambda: api.busy == 0)
            api.behave()
            if fault.cooldown:
                return await nothing_is_sent_in_the_cooldown(fault.cooldown, exporter, api)
            again = await exporter.scrape()
            assert again.values == healthy.values
            assert again.up == 1
            assert again.failures() == failures
            assert "cooldown_until_timestamp_seconds{" not in again.text
    assert await eventually(lambda: api.open == 0)
    return None


async def nothing_is_sent_in_the_cooldown(seconds: float, exporter: Exporter, api: FakeApi) -> None:
    api.forget()
    page = await exporter.scrape()
    assert page.failed == set(QUERIES)
    assert not api.asked
    (until,) = page.labelled("betatel_api_cooldown_until_timestamp_seconds", "account").values()
    assert seconds - 20 < until - time.time() <= seconds
