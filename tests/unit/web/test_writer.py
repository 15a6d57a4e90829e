import asyncio
import time
from collections.abc import Iterator

import pytest
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from starlette.requests import Request

from betatel_exporter.web.writer import FIRST_ESTIMATE, MARGIN, REMEMBERED, PageWriter

pytestmark = pytest.mark.anyio

REQUEST = Request({"type": "http", "query_string": b"", "headers": []})
SLOW = 0.3


def cheap() -> Iterator[Metric]:
    yield GaugeMetricFamily("betatel_up", "Up.", value=1)


def slow() -> Iterator[Metric]:
    time.sleep(SLOW)
    yield from cheap()


def estimate(writer: PageWriter, accounts: int = 1) -> float:
    with writer.expecting(accounts) as seconds:
        return seconds


def soon() -> float:
    return asyncio.get_running_loop().time() + 60


async def test_the_estimate_grows_with_the_accounts_on_all_expected_pages() -> None:
    writer = PageWriter()
    assert estimate(writer, 10) == pytest.approx(10 * estimate(writer))
    with writer.expecting(100), writer.expecting(1):
        assert estimate(writer, 10) == pytest.approx(111 * MARGIN * FIRST_ESTIMATE)
    assert estimate(writer) == MARGIN * FIRST_ESTIMATE


async def test_a_slow_page_raises_the_estimate_and_cheap_ones_do_not_lower_it() -> None:
    writer = PageWriter()
    await writer.write(slow(), REQUEST, until=soon(), measure=1)
    raised = estimate(writer)
    assert raised >= MARGIN * SLOW
    for _ in range(2 * REMEMBERED):
        await writer.write(cheap(), REQUEST, until=soon())  # name[] or /probe
    for _ in range(REMEMBERED - 1):
        await writer.write(cheap(), REQUEST, until=soon(), measure=1)
    assert estimate(writer) >= raised


async def test_one_slow_page_is_forgotten_after_some_others() -> None:
    writer = PageWriter()
    await writer.write(slow(), REQUEST, until=soon(), measure=1)
    raised = estimate(writer)
    for _ in range(REMEMBERED):
        await writer.write(cheap(), REQUEST, until=soon(), measure=1)
    assert estimate(writer) < raised


async def test_other_tasks_run_between_two_pages() -> None:
    writer = PageWriter()
    order: list[str] = []

    async def page(number: int) -> None:
        await writer.write(cheap(), REQUEST, until=soon())
        order.append(f"page {number}")

    async def health() -> None:
        while len(order) < 3:
            order.append("health")
            await asyncio.sleep(0)

    await asyncio.gather(*(page(number) for number in range(20)), health())
    assert order.index("health", 1) < order.index("page 1")


async def test_a_page_whose_turn_does_not_come_in_time_is_refused() -> None:
    writer = PageWriter()
    first = asyncio.ensure_future(writer.write(slow(), REQUEST, until=soon()))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await writer.write(cheap(), REQUEST, until=asyncio.get_running_loop().time())
    await first
    assert await writer.write(cheap(), REQUEST, until=soon())
