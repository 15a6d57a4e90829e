from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from betatel_exporter.simulator.messages import Message, Status
from tests.unit.simulator.account import DAY, HOUR, NOON, Account

SETTLED = (Status.READ, Status.EXPIRED, Status.REVOKED, Status.FAILED)


def pending(account: Account) -> list[Message]:
    return [message for message in account.store.kept if message.status is Status.PENDING]


def seen(account: Account) -> tuple[object, ...]:
    """Everything that a client can see."""
    rows = [(message.created, message.recipient, message.status) for message in account.store.kept]
    windows = [account.store.totals_since(account.now - length) for length in (60, 300, HOUR, DAY, 30 * DAY)]
    return account.now, rows, account.store.statuses, windows


def test_the_same_seed_and_clock_give_the_same_world_even_when_the_clock_is_set_back() -> None:
    ours, same, other = (Account(seed=seed) for seed in (1, 1, 2))
    for account in (ours, same, other):
        account.wait(3 * HOUR)
    ours.wait(-HOUR)
    assert seen(ours) == seen(same)
    assert seen(ours) != seen(other)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 4 * HOUR)), st.sampled_from(["normal", "stuck-queue", "otp-pumping"]))
def test_how_often_the_world_advances_changes_nothing(looks: list[float], scenario: str) -> None:
    watched, alone = (Account(messages_per_hour=20, kept=60) for _ in range(2))
    for start, following in ((NOON, scenario), (NOON + 4 * HOUR, "normal"), (NOON + 8 * HOUR, "normal")):
        for look in sorted(looks):
            watched.wait(start + look - watched.now)
        for account in (watched, alone):
            account.wait(start + 4 * HOUR - account.now)
            account.switch(following)
    assert seen(watched) == seen(alone)
    assert alone.store.statuses.total() == alone.store.totals_since(0).requests


def test_the_first_answer_is_already_full_for_accounts_of_any_size() -> None:
    for messages_per_hour, tolerance in ((0, 0), (0.5, 0.3), (600, 0.02), (30_000, 0.02)):
        store = Account(messages_per_hour=messages_per_hour).store
        month = store.totals_since(NOON - 30 * DAY)
        assert month.requests == pytest.approx(messages_per_hour * 24 * 30, rel=tolerance)
        assert month.transactions <= month.requests
        assert store.statuses[Status.READ] >= 0.8 * month.requests
        assert len(store.kept) <= 21_000


def test_traffic_has_the_rhythm_of_a_day() -> None:
    hours = Counter(int(message.created % DAY // HOUR) for message in Account().store.kept)
    assert sum(hours.values()) == pytest.approx(25 * 600, rel=0.05)
    assert hours[14] > 2 * hours[2]


def test_what_can_only_grow_never_falls_whatever_happens() -> None:
    account = Account(messages_per_hour=120)
    for scenario in ("normal", "stuck-queue", "normal", "outage", "otp-pumping", "silence"):
        account.switch(scenario)
        for _ in range(60):
            before = account.store.statuses.copy()
            account.wait(61)
            gained = {status: number - before[status] for status, number in account.store.statuses.items()}
            assert min(gained[status] for status in SETTLED) >= 0
            assert gained[Status.DELIVERED] + gained[Status.READ] >= 0
            assert min(account.store.statuses.values()) >= 0


def test_a_queue_that_runs_again_dispatches_what_is_in_time_and_expires_the_rest() -> None:
    account = Account(scenario="stuck-queue")
    account.wait(HOUR)
    stuck = [message for message in pending(account) if message.created > NOON]
    assert len(stuck) > 700
    account.switch("normal")
    too_late = [message for message in stuck if message.created + message.ttl < account.now]
    account.wait(HOUR)
    assert len(too_late) > 500
    assert all(message.status is Status.EXPIRED and not message.dispatched for message in too_late)
    assert sum(message.dispatched for message in stuck) > 50
    assert not set(stuck) & set(pending(account))
