"""The simulated people are what docs/alerting.md says they are."""

import numpy as np

from tools.rules.exposed import recent, windows
from tools.rules.simulation import NEVER, Simulation
from tools.rules.tune import current
from tools.rules.world import DAY, Part, Scenario, simulate

CALM = np.full(20, NEVER)
TEN_PERCENT = (Part(failing=0.1),)


def test_half_of_the_failures_are_of_people_who_try_five_times() -> None:
    parts = simulate(Scenario(500, TEN_PERCENT, days=3, drift=False), CALM, np.random.default_rng(1))
    (traffic,) = parts
    failures, once = traffic.failures.sum(), traffic.once.sum()
    assert abs(failures / traffic.messages.sum() - 0.1) < 0.01
    assert abs(once / failures - 0.5) < 0.02
    assert abs((failures - once) / (traffic.first.sum() - once) - 5) < 0.1
    seen = windows(parts)
    assert (seen.requests24h[-1] == traffic.messages[-DAY:].sum(axis=0)).all()
    assert (seen.created[-1] - seen.reached[-1] == traffic.failures.sum(axis=0)).all()


def test_a_small_account_shows_its_newest_messages_and_a_large_one_a_fair_sample() -> None:
    random = np.random.default_rng(2)
    busy = Scenario(20000, TEN_PERCENT, days=2, retries=False, drift=False)
    small, large = (
        recent(simulate(scenario, CALM, random), random) for scenario in (Scenario(20, days=2), busy)
    )
    people = (small.reached + small.unreached).sum(axis=2)[DAY:]
    assert 15 < np.median(people) < 21
    assert np.median(small.period[DAY:]) > 40
    assert 0.02 < np.median(large.coverage[DAY:]) < 0.05
    share = large.unreached[DAY:].sum() / (large.unreached[DAY:].sum() + large.reached[DAY:].sum())
    assert abs(share - 0.1) < 0.01


def test_the_same_seed_gives_the_same_figures_and_less_evidence_more_pages() -> None:
    scenario, tuning = Scenario(100, days=6), dict(current().thresholds)
    hasty = {**tuning, "people_evidence": 2, "people_tolerance": 0.1, "people_min_excess": 0}
    first, second, many = (
        Simulation(numbers, seed=4, repeats=4).false_pages(scenario, ["shipped"])["shipped"]
        for numbers in (tuning, tuning, hasty)
    )
    assert first == second
    assert float(many.split()[0]) > float(first.split()[0]) + 2
