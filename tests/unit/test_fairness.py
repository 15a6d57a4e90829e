import asyncio
import contextlib

from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.fairness import FairSemaphore, Lane
from tests.support.virtual_time import run


async def call(lane: Lane, seconds: float, ended: list[tuple[str, float]], name: str = "") -> None:
    async with lane:
        await asyncio.sleep(seconds)
    ended.append((name, asyncio.get_running_loop().time()))


async def until(seconds: float, *calls: "asyncio.Task[None]") -> None:
    await asyncio.wait(calls, timeout=seconds)
    for task in calls:
        task.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


def test_lanes_that_hang_leave_every_other_lane_a_slot() -> None:
    async def scenario(order: list[bool]) -> None:
        semaphore = FairSemaphore(10, len(order))
        lanes = [(semaphore.lane(), hangs) for hangs in order]
        ended: list[tuple[str, float]] = []
        tasks = [
            asyncio.create_task(call(lane, 1e6 if hangs else 1, ended))
            for lane, hangs in lanes
            for _ in range(5)
        ]
        await until(10, *tasks)
        assert len(ended) == 5 * order.count(False)
        assert max(time for _, time in ended) <= 5

    for order in ([True] * 6 + [False] * 4, [False] * 4 + [True] * 6, [True, False] * 5):
        run(scenario(order))


def test_a_lane_alone_uses_every_spare_slot() -> None:
    async def scenario() -> None:
        semaphore = FairSemaphore(10, 4)
        lane, ended = semaphore.lane(), list[tuple[str, float]]()
        await asyncio.gather(*(call(lane, 1, ended) for _ in range(14)))
        assert [time for _, time in ended] == [1.0] * 7 + [2.0] * 7

    run(scenario())


def test_a_lane_borrows_a_free_slot_after_each_success() -> None:
    async def scenario(seconds: float) -> list[float]:
        semaphore = FairSemaphore(4, 4)
        lane, ended = semaphore.lane(), list[tuple[str, float]]()
        tasks = [asyncio.create_task(call(lane, seconds, ended)) for _ in range(7)]
        await until(10, *tasks)
        return [time for _, time in ended]

    assert run(scenario(1)) == [1, 2, 2, 3, 3, 4, 4]
    assert run(scenario(6)) == [6]


def test_a_borrowed_slot_goes_to_its_own_lane_first() -> None:
    async def scenario() -> None:
        semaphore = FairSemaphore(2, 2)
        one, other = semaphore.lane(), semaphore.lane()
        ended: list[tuple[str, float]] = []
        busy = [asyncio.create_task(call(one, 1, ended, "one")) for _ in range(9)]
        await asyncio.sleep(1.5)
        await asyncio.gather(*busy, *(call(other, 1, ended, "other") for _ in range(2)))
        assert [name for name, _ in ended] == ["one"] * 3 + ["other", "one"] * 2 + ["one"] * 4

    run(scenario())


def test_lanes_take_turns_where_there_are_more_of_them_than_slots() -> None:
    async def scenario() -> None:
        semaphore = FairSemaphore(1, 3)
        ended: list[tuple[str, float]] = []
        lanes = {name: semaphore.lane() for name in "abc"}
        await asyncio.gather(*(call(lanes[name], 1, ended, name) for name in "aaabbc"))
        assert "".join(name for name, _ in ended) == "abcaba"

    run(scenario())


@given(
    slots=st.integers(1, 8),
    lanes=st.integers(1, 4),
    calls=st.lists(
        st.tuples(st.integers(0, 3), st.floats(0, 3), st.floats(0, 5), st.none() | st.floats(0, 5)),
        max_size=25,
    ),
)
def test_slots_are_never_exceeded_and_never_lost(
    slots: int, lanes: int, calls: list[tuple[int, float, float, float | None]]
) -> None:
    """Calls of (lane, start, duration, hang-up)."""

    async def scenario() -> None:
        semaphore = FairSemaphore(slots, lanes)
        all_lanes = [semaphore.lane() for _ in range(lanes)]
        running = 0

        async def one(lane: Lane, start: float, duration: float) -> None:
            nonlocal running
            await asyncio.sleep(start)
            async with lane:
                running += 1
                try:
                    assert running <= slots
                    await asyncio.sleep(duration)
                finally:
                    running -= 1

        async def hung_up(lane: Lane, start: float, duration: float, patience: float | None) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await one(lane, start, duration)

        await asyncio.gather(*(hung_up(all_lanes[n % lanes], *rest) for n, *rest in calls))  # type: ignore[arg-type]
        ended: list[tuple[str, float]] = []
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(call(lane, 1, ended) for lane in all_lanes))
        rounds = -(-lanes // slots)
        assert max(time for _, time in ended) - started <= rounds + 1e-6
        assert not any(lane.held for lane in all_lanes)

    run(scenario())
