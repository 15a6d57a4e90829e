import asyncio
import contextlib

from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.fairness import FairSemaphore, Lane
from tests.support.virtual_time import in_virtual_time


def now() -> float:
    return asyncio.get_running_loop().time()


async def call(lane: Lane, seconds: float) -> float:
    """When the call ended."""
    async with lane:
        await asyncio.sleep(seconds)
    return now()


async def cancelled(*calls: "asyncio.Task[float]") -> None:
    for task in calls:
        task.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


@in_virtual_time
async def test_a_lane_alone_uses_every_spare_slot() -> None:
    lane = FairSemaphore(10, 4).lane()
    assert await asyncio.gather(*(call(lane, 1) for _ in range(14))) == [1.0] * 7 + [2.0] * 7


@in_virtual_time
async def test_a_lane_borrows_a_free_slot_after_each_success() -> None:
    lane = FairSemaphore(4, 4).lane()
    assert await asyncio.gather(*(call(lane, 1) for _ in range(7))) == [1, 2, 2, 3, 3, 4, 4]
    lane = FairSemaphore(4, 4).lane()
    hung = [asyncio.create_task(call(lane, 6)) for _ in range(7)]
    done, _ = await asyncio.wait(hung, timeout=10)
    assert [task.result() for task in done] == [4 + 6]
    await cancelled(*hung)


@in_virtual_time
async def test_a_borrowed_slot_goes_to_its_own_lane_first() -> None:
    semaphore = FairSemaphore(2, 2)
    one, other = semaphore.lane(), semaphore.lane()
    ended: list[str] = []

    async def named(name: str, lane: Lane) -> None:
        await call(lane, 1)
        ended.append(name)

    busy = [asyncio.create_task(named("one", one)) for _ in range(9)]
    await asyncio.sleep(1.5)
    await asyncio.gather(*busy, *(named("other", other) for _ in range(2)))
    assert ended == ["one"] * 3 + ["other", "one"] * 2 + ["one"] * 4


@in_virtual_time
async def test_lanes_take_turns_where_there_are_more_of_them_than_slots() -> None:
    semaphore = FairSemaphore(1, 3)
    lanes = {name: semaphore.lane() for name in "abc"}
    names = "aaabbc"
    ended = await asyncio.gather(*(call(lanes[name], 1) for name in names))
    assert "".join(name for _, name in sorted(zip(ended, names, strict=True))) == "abcaba"


@given(
    slots=st.integers(1, 8),
    lanes=st.integers(1, 4),
    calls=st.lists(
        st.tuples(st.integers(0, 3), st.floats(0, 3), st.floats(0, 5), st.none() | st.floats(0, 5)),
        max_size=25,
    ),
)
@in_virtual_time
async def test_slots_are_never_exceeded_and_never_lost(
    slots: int, lanes: int, calls: list[tuple[int, float, float, float | None]]
) -> None:
    """Calls of (lane, start, duration, patience)."""
    semaphore = FairSemaphore(slots, lanes)
    all_lanes = [semaphore.lane() for _ in range(lanes)]
    running = 0

    async def one(lane: int, start: float, duration: float, patience: float | None) -> None:
        nonlocal running
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await asyncio.sleep(start)
                async with all_lanes[lane % lanes]:
                    running += 1
                    try:
                        assert running <= slots
                        await asyncio.sleep(duration)
                    finally:
                        running -= 1

    await asyncio.gather(*(one(*parameters) for parameters in calls))
    started = now()
    ended = await asyncio.gather(*(call(lane, 1) for lane in all_lanes))
    assert max(ended) - started <= -(-lanes // slots) + 1e-6
    assert not any(lane.held for lane in all_lanes)
