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
HERE, THERE, ELSEWHERE = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def families(seconds: float = 0) -> Iterator[Metric]:
    time.sleep(seconds)
    yield GaugeMetricFamily("betatel_up", "Up.", value=1)


async def write(
    writer: PageWriter, seconds: float = 0, *, client: str = HERE, within: float = 60, measure: int = 0
) -> None:
    until = asyncio.get_running_loop().time() + within
    with writer.expecting(client, 1):
        await writer.write(client, families(seconds), REQUEST, until=until, measure=measure)


def test_the_estimate_covers_the_client_s_own_pages_and_as_many_of_each_other_client() -> None:
    writer = PageWriter()
    account = pytest.approx(MARGIN * FIRST_ESTIMATE)
    with writer.expecting(THERE, 1000), writer.expecting(ELSEWHERE, 3):
        with writer.expecting(HERE, 10) as first, writer.expecting(HERE, 10) as second:
            assert first / (10 + 10 + 3) == account
            assert second / (20 + 20 + 3) == account
        with writer.expecting(THERE, 1) as crowded:
            assert crowded / (1001 + 3) == account
    with writer.expecting(HERE, 1) as alone:
        assert alone == account


async def test_the_estimate_is_that_of_the_slowest_of_the_last_complete_pages() -> None:
    writer = PageWriter()
    await write(writer, SLOW, measure=1)
    raised = writer.estimate(1)
    assert raised >= MARGIN * SLOW
    for _ in range(2 * REMEMBERED):
        await write(writer)  # name[] or /probe
    for _ in range(REMEMBERED - 1):
        await write(writer, measure=1)
    assert writer.estimate(1) >= raised
    await write(writer, measure=1)
    assert writer.estimate(1) < raised


async def test_other_tasks_run_between_two_pages() -> None:
    writer = PageWriter()
    order: list[str] = []

    async def page() -> None:
        await write(writer)
        order.append("page")

    async def health() -> None:
        while order.count("page") < 2:
            order.append("health")
            await asyncio.sleep(0)

    await asyncio.gather(*(page() for _ in range(20)), health())
    first = order.index("page")
    assert order.index("health", first) < order.index("page", first + 1)


async def test_clients_take_turns() -> None:
    writer = PageWriter()
    order: list[str] = []

    async def page(client: str) -> None:
        await write(writer, client=client)
        order.append(client)

    await asyncio.gather(*(page(THERE) for _ in range(20)), page(HERE), page(HERE))
    assert order.index(HERE) <= 2
    assert order[:6].count(HERE) == 2


async def test_a_page_whose_turn_does_not_come_in_time_is_refused() -> None:
    writer = PageWriter()
    first = asyncio.ensure_future(write(writer, SLOW))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await write(writer, within=0)
    await first
    await write(writer)
