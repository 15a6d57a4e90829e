"""When somebody is paged: by the shipped rules with and without recent records, and by two rules to compare them with."""

import numpy as np

from tools.rules import people, requests
from tools.rules.exposed import Recent, Windows
from tools.rules.states import Flags, Tuning, firing, over
from tools.rules.world import HOUR, Counts, Shares

STICKY = HOUR
"""Minutes for which a destination that was worth a page stays so."""


def shipped(windows: Windows, recent: Recent, tuning: Tuning) -> Flags:
    """The account's page or a destination's, with recent records."""
    by_requests = requests.watch(windows, tuning, covered=True)
    by_people = people.watch(recent, windows, by_requests, tuning)
    account = by_people.failing[:, :, 0]
    worth = (by_people.people >= tuning["destination_page_people"]) & (
        (by_people.ratio >= tuning["destination_page_ratio"])
        | (by_people.share >= tuning["destination_page_share"])
    )
    destination = (over(worth, STICKY, np.logical_or) & (by_people.people != 0)).any(axis=2)
    page = firing(account | by_requests.outage | destination, 0, 5)
    return page | firing(by_requests.failing & ~account, 0, 15)


def requests_only(windows: Windows, tuning: Tuning) -> Flags:
    """Without recent records."""
    watched = requests.watch(windows, tuning, covered=False)
    return firing(watched.outage, 0, 5) | firing(watched.surge, 3, 15) | firing(watched.failing, 0, 15)


@np.errstate(divide="ignore", invalid="ignore")
def threshold(windows: Windows, limit: float) -> Flags:
    """The rule that is usually written first: the failure ratio of five minutes is above a limit for five minutes."""
    return firing(windows.failures5m / windows.requests5m > limit, 5, 0)


@np.errstate(divide="ignore", invalid="ignore")
def z_score(windows: Windows) -> Flags:
    """Five minutes or an hour against the 23 hours before: a two-proportion z test that takes messages for independent."""
    base_requests = windows.requests24h - windows.requests1h
    base_failures = np.maximum(windows.failures24h - windows.failures1h, 0)

    def compared(asked: Counts, failed: Counts) -> tuple[Shares, Shares]:
        excess = failed / asked - base_failures / base_requests
        pooled = (failed + base_failures) / (asked + base_requests)
        return excess, excess / np.sqrt(pooled * (1 - pooled) * (1 / asked + 1 / base_requests))

    excess5, score5 = compared(windows.requests5m, windows.failures5m)
    excess60, score60 = compared(windows.requests1h, windows.failures1h)
    enough = windows.requests5m >= 20
    fast = enough & (windows.failures5m >= 10) & (score5 > 5) & (excess5 > 0.15)
    slow = (windows.requests1h >= 30) & (windows.failures1h >= 10) & (score60 > 4) & (excess60 > 0.1)
    return firing(fast, 3, 15) | firing(slow & ~(enough & (excess5 <= 0.05)), 5, 15)
