"""What is expected of the exporter when some queries meet a fault."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest

from betatel_exporter.api.models import Operation
from betatel_exporter.config import Configuration
from tests.integration.faults.cases import Fault
from tests.integration.faults.harness import SCRAPE_TIMEOUT, Exporter, Scrape, eventually, exporting, of_query
from tests.integration.faults.injector import QUERIES, Injector


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


async def a_fault_costs_its_own_series_only(
    case: Case, injector: Injector, configuration: Configuration
) -> None:
    """The page is out in time with all that is known, and once the fault is over everything is back."""
    fault, queries = case
    async with exporting(configuration) as exporter:
        healthy = await exporter.scrape()
        assert not healthy.failed
        tasks = asyncio.all_tasks()
        injector.forget()
        injector.misbehave(queries, fault.behave)

        says = SCRAPE_TIMEOUT if fault.slow else 10.0
        page = await exporter.scrape(says)

        assert page.status == 200
        assert page.took < says
        assert only_these_are_missing(page, queries, healthy)
        assert page.failures() == failures_of(fault, queries)
        assert injector.asked == {query: fault.requests if query in queries else 1 for query in QUERIES}
        assert injector.paths == {"/api/telegram/stats", "/api/telegram/tdr"}
        assert asyncio.all_tasks() == tasks
        assert await eventually(lambda: injector.busy == 0)

        injector.behave()
        if fault.cooldown:
            await nothing_is_sent_until(fault.cooldown, exporter, injector)
        again = await exporter.scrape()
        assert again.values == healthy.values
        assert again.up == 1
        assert not again.failed
        assert "cooldown_until_timestamp_seconds{" not in again.text
    assert await eventually(lambda: injector.open == 0)


async def nothing_is_sent_until(cooldown: float, exporter: Exporter, injector: Injector) -> None:
    exporter.clock.leaped = cooldown - 20
    injector.forget()
    waiting = await exporter.scrape()
    assert waiting.failed == set(QUERIES)
    assert not injector.asked
    assert "cooldown_until_timestamp_seconds{" in waiting.text
    exporter.clock.leaped = cooldown
