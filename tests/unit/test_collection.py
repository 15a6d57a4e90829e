import asyncio
from collections.abc import Awaitable, Callable

import pytest

from betatel_exporter.api.client import ServerError
from betatel_exporter.api.models import Query, Reason, RecordsQuery, Stats, StatsQuery, Status, Value, Window
from betatel_exporter.collection import BUDGET_SPENT, Answer, Collection, Failure

pytestmark = pytest.mark.anyio

FAST = StatsQuery(Window.LAST_HOUR)
SLOW = StatsQuery(Window.LAST_24_HOURS)
BAD = RecordsQuery(Status.FAILED)
VALUE = Stats(1, 1, {"EUR": 1})


async def fetch(query: Query) -> Value:
    if query == SLOW:
        await asyncio.sleep(60)
    if query == BAD:
        raise ServerError("HTTP 500")
    return VALUE


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def begin(
    *queries: Query, seconds: float, fetch: Callable[[Query], Awaitable[Value]] = fetch
) -> tuple[Collection, list[Answer]]:
    seen: list[Answer] = []
    return Collection(queries, fetch, soon(seconds), seen.append), seen


async def test_every_query_gets_its_own_outcome_in_the_order_asked() -> None:
    collection, seen = begin(SLOW, BAD, FAST, seconds=0.05)
    answers, took = await collection.until(soon(0.5))
    assert [answer.query for answer in answers] == [SLOW, BAD, FAST]
    assert [answer.outcome for answer in answers] == [
        BUDGET_SPENT,
        Failure(Reason.SERVER_ERROR, "HTTP 500"),
        VALUE,
    ]
    assert {answer.query for answer in seen} == {SLOW, BAD, FAST}
    assert 0.04 < took < 0.4


async def test_a_waiter_with_less_time_gets_what_there_is_and_cancels_nothing() -> None:
    answered = asyncio.Event()

    async def later(query: Query) -> Value:
        if query == SLOW:
            await answered.wait()
        return VALUE

    collection, _ = begin(FAST, SLOW, seconds=5, fetch=later)
    partly, _ = await collection.until(soon(0.01))
    assert [answer.failure for answer in partly] == [None, BUDGET_SPENT]
    answered.set()
    wholly, _ = await collection.until(soon(5))
    assert [answer.failure for answer in wholly] == [None, None]


async def test_a_waiter_with_more_time_lets_the_queries_go_on() -> None:
    async def in_a_while(_: Query) -> Value:
        await asyncio.sleep(0.05)
        return VALUE

    collection, _ = begin(FAST, SLOW, seconds=0.01, fetch=in_a_while)
    await asyncio.sleep(0)
    collection.extend(soon(5))
    answers, _ = await collection.until(soon(5))
    assert [answer.failure for answer in answers] == [None, None]


async def test_a_deadline_is_never_brought_forward() -> None:
    collection, _ = begin(FAST, SLOW, seconds=0.05)
    collection.extend(soon(-1))
    answers, _ = await collection.until(soon(1))
    assert answers[0].failure is None


async def test_a_waiter_that_hangs_up_leaves_the_others_their_answers() -> None:
    collection, _ = begin(FAST, SLOW, seconds=0.05)
    waiter = asyncio.create_task(collection.until(soon(1)))
    await asyncio.sleep(0)
    waiter.cancel()
    answers, _ = await collection.until(soon(1))
    assert answers[0].outcome == VALUE


async def test_it_succeeded_only_when_complete_and_without_failure() -> None:
    good, _ = begin(FAST, seconds=1)
    assert not good.complete
    assert not good.succeeded
    await good.until(soon(1))
    assert good.succeeded
    bad, _ = begin(FAST, BAD, seconds=1)
    await bad.until(soon(1))
    assert bad.complete
    assert not bad.succeeded


async def test_closing_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    collection, _ = begin(FAST, SLOW, seconds=60)
    await asyncio.sleep(0)
    await collection.aclose()
    assert asyncio.all_tasks() == before


async def test_an_error_that_nobody_foresaw_is_not_swallowed() -> None:
    async def broken(_: Query) -> Value:
        raise ZeroDivisionError

    collection, _ = begin(FAST, seconds=1, fetch=broken)
    with pytest.raises(ZeroDivisionError):
        await collection.until(soon(1))
