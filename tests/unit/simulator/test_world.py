import tracemalloc
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from betatel_exporter.simulator.ledger import QUARTER, Totals
from betatel_exporter.simulator.messages import Status
from betatel_exporter.simulator.world import World
from tests.unit.simulator.account import DAY, HOUR, NOON, Clock, world

SETTLED = (Status.READ, Status.EXPIRED, Status.REVOKED, Status.FAILED)
AFTER = {
    Status.PENDING: set(Status) - {Status.PENDING},
    Status.SENT: set(Status) - {Status.PENDING, Status.SENT},
    Status.DELIVERED: {Status.READ},
}


def seen(account: World) -> tuple[object, ...]:
    """Everything that a client can see."""
    rows = [(message.created, message.recipient, message.status) for message in account.store.kept()]
    windows = [account.totals(account.now - length, account.now) for length in (60, 300, HOUR, DAY, 30 * DAY)]
    return account.now, rows, account.store.totals, windows


def test_the_same_seed_and_clock_give_the_same_world() -> None:
    clock = Clock()
    ours, same, other = (world(clock, seed=seed) for seed in (1, 1, 2))
    clock.now += 3 * HOUR
    for account in (ours, same, other):
        account.advance()
    assert seen(ours) == seen(same)
    assert seen(ours) != seen(other)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 4 * HOUR)), st.sampled_from(["normal", "stuck-queue", "otp-pumping"]))
def test_how_often_anyone_looks_changes_nothing(looks: list[float], scenario: str) -> None:
    often, never = Clock(), Clock()
    watched, alone = (world(clock, messages_per_hour=20, kept=60) for clock in (often, never))
    for start, following in ((NOON, scenario), (NOON + 4 * HOUR, "normal"), (NOON + 8 * HOUR, "normal")):
        for look in sorted(looks):
            often.now = start + look
            watched.advance()
        often.now = never.now = start + 4 * HOUR
        watched.switch(following)
        alone.switch(following)
    assert seen(watched) == seen(alone)


def test_the_first_answer_is_already_full_and_totals_are_all_the_requests_there_have_been() -> None:
    clock = Clock()
    account = world(clock, messages_per_hour=600)
    assert account.totals(NOON - HOUR, NOON).requests == pytest.approx(900, rel=0.15)
    assert account.totals(NOON - DAY, NOON).requests == pytest.approx(14_400, rel=0.05)
    assert account.totals(NOON - 30 * DAY, NOON).requests == pytest.approx(30 * 14_400, rel=0.02)
    assert all(account.store.totals[status] > 4_000 for status in SETTLED)
    assert len(account.store.kept()) > 0.95 * 14_400
    clock.now += DAY / 2
    account.advance()
    assert account.store.totals.total() == account.totals(0, clock.now).requests


@pytest.fixture(scope="module")
def half_a_day() -> World:
    clock = Clock()
    account = world(clock, scenario="failure-spike")
    clock.now += 12 * HOUR
    account.advance()
    return account


@given(start=st.floats(-24 * HOUR, 0), length=st.floats(0, 40 * HOUR))
def test_any_stretch_of_detailed_time_counts_exactly_the_messages_created_in_it(
    half_a_day: World, start: float, length: float
) -> None:
    begin, end = NOON + start, NOON + start + length
    inside = [message for message in half_a_day.store.kept() if begin <= message.created < end]
    assert half_a_day.totals(begin, end) == Totals.of(inside)


def test_further_back_time_is_counted_in_quarters_of_an_hour() -> None:
    account = world(Clock(), messages_per_hour=600)
    start = NOON - 20 * DAY
    assert account.totals(start + 100, NOON) == account.totals(start, NOON)
    assert account.totals(start + QUARTER - 100, NOON) == account.totals(start + QUARTER, NOON)
    whole = account.totals(start, NOON - 10 * DAY)
    parts = [account.totals(start + day * DAY, start + (day + 1) * DAY) for day in range(10)]
    assert sum(part.requests for part in parts) == whole.requests
    assert sum(part.amount for part in parts) == whole.amount


def test_only_dispatched_messages_are_transactions_and_billed() -> None:
    clock = Clock()
    account = world(clock, scenario="outage", messages_per_hour=600)
    clock.now += HOUR
    account.advance()
    hour = account.store.between(NOON, clock.now)
    dispatched = [message for message in hour if message.dispatched]
    totals = account.totals(NOON, clock.now)
    assert totals.requests == len(hour) > 700
    assert totals.transactions == len(dispatched) < 0.04 * len(hour)
    assert totals.amount == sum(message.network.price for message in dispatched)


@pytest.mark.parametrize("scenario", ["normal", "outage", "otp-pumping"])
def test_a_message_only_ever_moves_on(scenario: str) -> None:
    clock = Clock()
    account = world(clock, scenario=scenario)
    known: dict[int, Status] = {}
    moves: Counter[Status] = Counter()
    while clock.now < NOON + 2 * HOUR:
        clock.now += 10
        account.advance()
        for message in account.store.between(NOON, clock.now):
            before = known.get(message.serial, message.status)
            if message.status is not before:
                assert message.status in AFTER[before]
                moves[message.status] += 1
            known[message.serial] = message.status
    assert moves.total() > 50


def test_what_can_only_grow_never_falls_whatever_happens() -> None:
    clock = Clock()
    account = world(clock, messages_per_hour=120)
    looks = []
    for scenario in ("normal", "stuck-queue", "normal", "outage", "otp-pumping", "silence", "failure-spike"):
        account.switch(scenario)
        for _ in range(60):
            clock.now += 61
            account.advance()
            looks.append(account.store.totals.copy())
    for before, after in pairwise(looks):
        assert all(after[status] >= before[status] for status in SETTLED)
        assert after[Status.DELIVERED] + after[Status.READ] >= before[Status.DELIVERED] + before[Status.READ]
        assert min(after.values()) >= 0


def test_little_is_in_flight_on_an_ordinary_day() -> None:
    clock = Clock()
    account = world(clock, messages_per_hour=600)
    for _ in range(8 * 12):
        clock.now += 300
        account.advance()
        assert account.store.totals[Status.PENDING] < 15
        assert account.store.totals[Status.SENT] < 30
        for status in (Status.PENDING, Status.SENT):
            assert all(message.created + message.ttl > clock.now for message in account.store.kept(status))


def test_a_queue_that_runs_again_dispatches_what_is_in_time_and_expires_the_rest() -> None:
    clock = Clock()
    account = world(clock, scenario="stuck-queue", messages_per_hour=600)
    clock.now += HOUR
    account.advance()
    stuck = [message for message in account.store.kept(Status.PENDING) if message.created > NOON]
    assert len(stuck) > 700
    account.switch("normal")
    restart, clock.now = clock.now, clock.now + HOUR
    account.advance()
    too_late = [message for message in stuck if message.created + message.ttl < restart]
    assert len(too_late) > 500
    assert all(message.status is Status.EXPIRED and not message.dispatched for message in too_late)
    assert sum(message.dispatched for message in stuck) > 50
    assert all(message.status is not Status.PENDING for message in stuck)


def test_a_backlog_that_outgrows_the_list_settles_all_the_same() -> None:
    clock = Clock()
    account = world(clock, scenario="stuck-queue", messages_per_hour=60_000, kept=300)
    clock.now += 60
    account.switch("otp-pumping")
    clock.now += 60
    account.switch("silence")
    clock.now += 2 * HOUR
    account.advance()
    totals = account.store.totals
    assert totals[Status.PENDING] == totals[Status.SENT] == 0
    assert totals.total() == account.totals(0, clock.now).requests
    for status in Status:
        assert all(message.status is status for message in account.store.kept(status))
    assert sum(len(account.store.kept(status)) for status in Status) == len(account.store.kept())


def test_speed_makes_the_clock_run_and_nothing_else() -> None:
    slow, fast = Clock(), Clock()
    ordinary, hurried = world(slow), world(fast, speed=60)
    slow.now += 2 * HOUR
    fast.now += 2 * 60
    ordinary.advance()
    hurried.advance()
    assert hurried.now == NOON + 2 * HOUR
    assert seen(ordinary) == seen(hurried)


def test_a_clock_that_is_set_back_stops_the_world_until_it_has_caught_up() -> None:
    clock = Clock()
    account = world(clock)
    clock.now += HOUR
    account.advance()
    before = seen(account)
    clock.now -= HOUR / 2
    account.advance()
    assert seen(account) == before


def test_memory_grows_by_no_more_than_the_ledger_of_quarter_hours() -> None:
    clock = Clock()
    tracemalloc.start()
    try:
        account = world(clock, scenario="stuck-queue", messages_per_hour=5, kept=500)
        sizes = []
        for _ in range(2):
            clock.now += 14 * DAY
            account.advance()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert 500 <= len(account.store.kept()) <= 525
    assert sizes[1] - sizes[0] < 14 * 96 * 32
    assert sizes[0] < 1_000_000


@pytest.mark.parametrize("messages_per_hour", [0, 0.5, 30_000])
def test_accounts_of_any_size_have_a_past(messages_per_hour: float) -> None:
    clock = Clock(1_000.0)
    account = world(clock, messages_per_hour=messages_per_hour)
    clock.now += 60
    account.advance()
    month = account.totals(clock.now - 30 * DAY, clock.now)
    assert month.requests == pytest.approx(messages_per_hour * 24 * 30, rel=0.3)
    assert month.transactions <= month.requests
    assert len(account.store.kept()) <= 21_000
