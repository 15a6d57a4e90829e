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


def cheap() -> Iterator[Metric]:
    yield GaugeMetricFamily("betatel_up", "Up.", value=1)


def slow() -> Iterator[Metric]:
    time.sleep(SLOW)
    yield from cheap()


def soon() -> float:
    return asyncio.get_running_loop().time() + 60


async def write(
    writer: PageWriter,
    families: Iterator[Metric],
    *,
    client: str = HERE,
    until: float | None = None,
    measure: int = 0,
) -> None:
    with writer.expecting(client, 1) as turn:
        await writer.write(turn, families, REQUEST, until=until or soon(), measure=measure)


def test_the_estimate_covers_the_client_s_own_pages_and_as_many_of_each_other_client() -> None:
    writer = PageWriter()
    account = MARGIN * FIRST_ESTIMATE
    with writer.expecting(THERE, 1000), writer.expecting(ELSEWHERE, 3):
        with writer.expecting(HERE, 10) as first, writer.expecting(HERE, 10) as second:
            assert first.seconds == pytest.approx((10 + 10 + 3) * account)
            assert second.seconds == pytest.approx((20 + 20 + 3) * account)
        with writer.expecting(THERE, 1) as crowded:
            assert crowded.seconds == pytest.approx((1001 + 3) * account)
    with writer.expecting(HERE, 1) as alone:
        assert alone.seconds == pytest.approx(account)


async def test_a_slow_page_raises_the_estimate_and_cheap_ones_do_not_lower_it() -> None:
    writer = PageWriter()
    await write(writer, slow(), measure=1)
    raised = writer.estimate(1)
    assert raised >= MARGIN * SLOW
    for _ in range(2 * REMEMBERED):
        await write(writer, cheap())  # name[] or /probe
    for _ in range(REMEMBERED - 1):
        await write(writer, cheap(), measure=1)
    assert writer.estimate(1) >= raised


async def test_one_slow_page_is_forgotten_after_some_others() -> None:
    writer = PageWriter()
    await write(writer, slow(), measure=1)
    raised = writer.estimate(1)
    for _ in range(REMEMBERED):
        await write(writer, cheap(), measure=1)
    assert writer.estimate(1) < raised


async def test_other_tasks_run_between_two_pages() -> None:
    writer = PageWriter()
    order: list[str] = []

    async def page(number: int) -> None:
        await write(writer, cheap())
        order.append(f"page {number}")

    async def health() -> None:
        while len(order) < 3:
            order.append("health")
            await asyncio.sleep(0)

    await asyncio.gather(*(page(number) for number in range(20)), health())
    assert order.index("health", 1) < order.index("page 1")


async def test_clients_take_turns() -> None:
    writer = PageWriter()
    order: list[str] = []

    async def page(client: str) -> None:
        await write(writer, cheap(), client=client)
        order.append(client)

    await asyncio.gather(*(page(THERE) for _ in range(20)), page(HERE), page(HERE))
    assert order.index(HERE) <= 2
    assert order[:6].count(HERE) == 2


async def test_a_page_whose_turn_does_not_come_in_time_is_refused() -> None:
    writer = PageWriter()
    first = asyncio.ensure_future(write(writer, slow()))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await write(writer, cheap(), until=asyncio.get_running_loop().time())
    await first
    await write(writer, cheap())
