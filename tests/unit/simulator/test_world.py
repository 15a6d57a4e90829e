from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from betatel_exporter.simulator.messages import Message, Status
from betatel_exporter.simulator.world import World
from tests.unit.simulator.account import DAY, HOUR, NOON, Clock

SETTLED = (Status.READ, Status.EXPIRED, Status.REVOKED, Status.FAILED)
AFTER = {
    Status.PENDING: set(Status) - {Status.PENDING},
    Status.SENT: set(Status) - {Status.PENDING, Status.SENT},
    Status.DELIVERED: {Status.READ},
}


def world(clock: Clock, **options: Any) -> World:
    return World(**{"scenario": "normal", "seed": 1, "messages_per_hour": 60, **options}, clock=clock)


def pending(account: World) -> list[Message]:
    return [message for message in account.store.kept if message.status is Status.PENDING]


def seen(account: World) -> tuple[object, ...]:
    """Everything that a client can see."""
    rows = [(message.created, message.recipient, message.status) for message in account.store.kept]
    windows = [account.store.totals_since(account.now - length) for length in (60, 300, HOUR, DAY, 30 * DAY)]
    return account.now, rows, account.store.statuses, windows


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


def test_a_clock_that_is_set_back_stops_the_world_until_it_has_caught_up() -> None:
    clock = Clock()
    account = world(clock)
    clock.now += HOUR
    account.advance()
    before = seen(account)
    clock.now -= HOUR / 2
    account.advance()
    assert seen(account) == before


def test_the_first_answer_is_already_full_and_every_request_has_a_status() -> None:
    clock = Clock()
    account = world(clock, messages_per_hour=600)
    for days, tolerance in ((1, 0.05), (30, 0.02)):
        requests = account.store.totals_since(NOON - days * DAY).requests
        assert requests == pytest.approx(days * 14_400, rel=tolerance)
    assert all(account.store.statuses[status] > 4_000 for status in SETTLED)
    assert len(account.store.kept) > 0.95 * 14_400
    clock.now += DAY / 2
    account.advance()
    assert account.store.statuses.total() == account.store.totals_since(0).requests


@pytest.mark.parametrize("messages_per_hour", [0, 0.5, 30_000])
def test_accounts_of_any_size_have_a_past(messages_per_hour: float) -> None:
    clock = Clock(1_000.0)
    account = world(clock, messages_per_hour=messages_per_hour)
    clock.now += 60
    account.advance()
    month = account.store.totals_since(clock.now - 30 * DAY)
    assert month.requests == pytest.approx(messages_per_hour * 24 * 30, rel=0.3)
    assert month.transactions <= month.requests
    assert len(account.store.kept) <= 21_000


def test_a_message_only_moves_on_and_what_can_only_grow_never_falls_whatever_happens() -> None:
    clock = Clock()
    account = world(clock, messages_per_hour=120)
    known: dict[int, Status] = {}
    moves: Counter[Status] = Counter()
    looks = []
    for scenario in ("normal", "stuck-queue", "normal", "outage", "otp-pumping", "silence"):
        account.switch(scenario)
        for _ in range(120):
            clock.now += 30
            account.advance()
            looks.append(account.store.statuses.copy())
            for message in account.store.kept[-1000:]:
                before = known.get(message.serial, message.status)
                if message.status is not before:
                    assert message.status in AFTER[before]
                    moves[message.status] += 1
                known[message.serial] = message.status
    assert all(moves[status] > 5 for status in AFTER if status is not Status.PENDING)
    for earlier, later in pairwise(looks):
        assert all(later[status] >= earlier[status] for status in SETTLED)
        arrived = [look[Status.DELIVERED] + look[Status.READ] for look in (earlier, later)]
        assert arrived == sorted(arrived)
        assert min(later.values()) >= 0


def test_little_is_in_flight_on_an_ordinary_day() -> None:
    clock = Clock()
    account = world(clock, messages_per_hour=600)
    for _ in range(8 * 12):
        clock.now += 300
        account.advance()
        assert account.store.statuses[Status.PENDING] < 15
        assert account.store.statuses[Status.SENT] < 30
        waiting = [one for one in account.store.kept if one.status in {Status.PENDING, Status.SENT}]
        assert all(message.created + message.ttl > clock.now for message in waiting)


def test_a_queue_that_runs_again_dispatches_what_is_in_time_and_expires_the_rest() -> None:
    clock = Clock()
    account = world(clock, scenario="stuck-queue", messages_per_hour=600)
    clock.now += HOUR
    account.advance()
    stuck = [message for message in pending(account) if message.created > NOON]
    assert len(stuck) > 700
    account.switch("normal")
    restart, clock.now = clock.now, clock.now + HOUR
    account.advance()
    too_late = [message for message in stuck if message.created + message.ttl < restart]
    assert len(too_late) > 500
    assert all(message.status is Status.EXPIRED and not message.dispatched for message in too_late)
    assert sum(message.dispatched for message in stuck) > 50
    assert not set(stuck) & set(pending(account))


def test_a_backlog_that_outgrows_the_list_settles_all_the_same() -> None:
    clock = Clock()
    account = world(clock, scenario="stuck-queue", messages_per_hour=60_000, kept=300)
    for following, seconds in (("otp-pumping", 60), ("silence", 60), ("silence", 2 * HOUR)):
        clock.now += seconds
        account.switch(following)
    store = account.store
    assert store.statuses[Status.PENDING] == store.statuses[Status.SENT] == 0
    assert store.statuses.total() == store.totals_since(0).requests
    assert not pending(account)
