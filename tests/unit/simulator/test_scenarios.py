"""Each scenario, in the numbers that a client gets."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest

from betatel_exporter.simulator.messages import Status
from tests.unit.simulator.account import DAY, HOUR, NOON, Account

REACHED = {Status.DELIVERED, Status.READ}
EFFECTS: Mapping[str, dict[str, range]] = {
    "normal": {
        "requests": range(700, 1100),
        "lost": range(5, 70),
        "amount": range(7_000, 15_000),
        "READ": range(600, 1000),
        "EXPIRED": range(1, 60),
        "PENDING": range(-15, 16),
        "SENT": range(-15, 16),
    },
    "outage": {"requests": range(1000, 3000), "lost": range(950, 3000), "FAILED": range(950, 3000)},
    "failure-spike": {"requests": range(900, 1500), "lost": range(250, 700), "FAILED": range(250, 700)},
    "network-down": {"requests": range(700, 1500), "lost": range(5, 100), "EXPIRED": range(50, 200)},
    "country-down": {"requests": range(700, 1500), "lost": range(100, 400), "FAILED": range(100, 400)},
    "stuck-queue": {"requests": range(1000, 4000), "lost": range(1000, 4000), "PENDING": range(1000, 4000)},
    "otp-pumping": {"amount": range(100_000, 200_000), "EXPIRED": range(2500, 7000)},
    "silence": {"requests": range(1), "amount": range(1), "PENDING": range(-15, 1), "SENT": range(-30, 1)},
}
"""What an hour adds, at 600 messages an hour before it; amounts in thousandths of a euro."""


@pytest.mark.parametrize("scenario", EFFECTS)
def test_an_hour_of_a_scenario_shows_its_effect_and_leaves_the_past_as_it_was(scenario: str) -> None:
    account = Account()
    before, statuses = account.store.totals_since(NOON - HOUR), account.store.statuses.copy()
    assert before.transactions > 0.92 * before.requests
    account.switch(scenario)
    account.wait(HOUR)
    hour = account.store.totals_since(NOON)
    gained: dict[str, int] = {
        "requests": hour.requests,
        "lost": hour.requests - hour.transactions,
        "amount": hour.amount,
        **{status: account.store.statuses[status] - statuses[status] for status in Status},
    }
    allowed = EFFECTS[scenario]
    assert {name: gained[name] for name in allowed if gained[name] not in allowed[name]} == {}
    assert account.store.totals_since(account.now - DAY).transactions > 10_000


def test_a_scenario_may_have_lasted_for_a_while_at_the_start() -> None:
    store = Account(scenario="outage", scenario_age=HOUR).store
    hour = store.totals_since(NOON - HOUR)
    assert hour.transactions < 0.1 * hour.requests
    assert store.totals_since(NOON - DAY).transactions > 10_000


@pytest.mark.parametrize(
    ("scenario", "dead"),
    [
        ("failure-spike", {"Adria Mobile"}),
        ("network-down", {"Jadran Tel"}),
        ("country-down", {"Rhein Funk", "Hansa Mobil"}),
    ],
)
def test_a_fault_of_destinations_spares_the_others_and_who_gets_no_code_tries_again(
    scenario: str, dead: set[str]
) -> None:
    account = Account()
    account.switch(scenario)
    account.wait(HOUR)
    people: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for message in account.store.kept:
        if NOON < message.created < NOON + 0.8 * HOUR:
            people[message.network.name][message.recipient.serial].append(message.status in REACHED)
    unreached = {name: 1 - sum(map(any, of.values())) / len(of) for name, of in people.items()}
    assert min(unreached.pop(name) for name in dead) > 0.6
    assert sum(unreached.values()) / len(unreached) < 0.1
    tries = Counter(len(codes) for name in dead for codes in people.pop(name).values())
    assert {2, 3, 4, 5, 6} <= set(tries)
    others = Counter(len(codes) for of in people.values() for codes in of.values())
    assert others[1] > 0.85 * others.total()
