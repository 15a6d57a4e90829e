"""What is expected of the exporter when some queries meet a fault."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest

from betatel_exporter.api.models import Operation
from betatel_exporter.config import Configuration
from tests.support.exporter import SCRAPE_TIMEOUT, Exporter, Scrape, exporting, of_query
from tests.support.waiting import eventually
from tools.faults.api import QUERIES, FakeApi
from tools.faults.cases import Fault


class Case(NamedTuple):
    fault: Fault
    queries: tuple[str, ...]


def cases_of(faults: Iterable[Fault]) -> Iterator[object]:
    """Each fault for one query of each kind and for all ten."""
    for fault in faults:
        for place, queries in (
            ("one stats", ("stats/lasth",)),
            ("one tdr", ("tdr/FAILED",)),
            ("all", QUERIES),
        ):
            asked = tuple(query for query in queries if fault.only in {None, operation_of(query)})
            if asked:
                yield pytest.param(Case(fault, asked), id=f"{fault}-{place}")


def operation_of(query: str) -> Operation:
    return Operation(query.partition("/")[0])


def failures_of(fault: Fault, queries: Iterable[str]) -> dict[str, float]:
    """Failed HTTP requests by operation and reason."""
    failures: dict[str, float] = {}
    for query in queries:
        key = f"{operation_of(query)}/{fault.reason}"
        failures[key] = failures.get(key, 0) + fault.requests
    return failures


def only_these_are_missing(page: Scrape, queries: Iterable[str], healthy: Scrape) -> bool:
    lost = {key for query in queries for key in of_query(query, healthy.values)}
    assert page.values == {key: value for key, value in healthy.values.items() if key not in lost}
    assert page.failed == set(queries)
    return page.up == 0


async def a_fault_costs_its_own_series_only(case: Case, api: FakeApi, configuration: Configuration) -> None:
    """The page is out in time with all that is known, and once the fault is over everything is back."""
    fault, queries = case
    async with exporting(configuration) as exporter:
        healthy = await exporter.scrape()
        assert not healthy.failed
        tasks = asyncio.all_tasks()
        api.forget()
        api.misbehave(queries, fault.behave)

        says = SCRAPE_TIMEOUT if fault.slow else 10.0
        page = await exporter.scrape(says)

        assert page.status == 200
        assert page.took < says
        assert only_these_are_missing(page, queries, healthy)
        assert page.failures() == failures_of(fault, queries)
        assert api.asked == {query: fault.requests if query in queries else 1 for query in QUERIES}
        assert api.paths == {"/api/telegram/stats", "/api/telegram/tdr"}
        assert asyncio.all_tasks() == tasks
        assert await eventually(lambda: api.busy == 0)

        api.behave()
        if fault.cooldown:
            await nothing_is_sent_until(fault.cooldown, exporter, api)
        again = await exporter.scrape()
        assert again.values == healthy.values
        assert again.up == 1
        assert not again.failed
        assert "cooldown_until_timestamp_seconds{" not in again.text
    assert await eventually(lambda: api.open == 0)


async def nothing_is_sent_until(cooldown: float, exporter: Exporter, api: FakeApi) -> None:
    exporter.clock.leaped = cooldown - 20
    api.forget()
    waiting = await exporter.scrape()
    assert waiting.failed == set(QUERIES)
    assert not api.asked
    assert "cooldown_until_timestamp_seconds{" in waiting.text
    exporter.clock.leaped = cooldown
