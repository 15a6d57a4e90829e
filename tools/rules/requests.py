"""The states that the windows lead to."""

from dataclasses import dataclass

import numpy as np

from tools.rules.exposed import Windows, before
from tools.rules.states import Flags, Tuning, frozen, over, tolerated
from tools.rules.world import DAY, HOUR, Counts, Shares

STEP = 5
"""Minutes between the points of the median's and yesterday's subqueries."""
NEAR = 0.025
"""The hour's ratio is near the usual."""


@dataclass(frozen=True)
class Requests:
    """In the shape (minutes, runs)."""

    outage: Flags
    """Five minutes in which almost nothing was processed."""
    surge: Flags
    high: Flags
    """Requests go on failing."""
    failing: Flags
    """By the sum of failures beyond the tolerated."""


@np.errstate(divide="ignore", invalid="ignore")
def watch(windows: Windows, tuning: Tuning, *, covered: bool) -> Requests:
    """`covered`: the same requests are among the recent records."""
    ratio = windows.failures5m / windows.requests5m
    usual, failing = _sum(windows, _usual(windows, ratio), tuning, 4 if covered else 1)
    outage = ratio > tuning["outage_failure_ratio"]
    enough = windows.requests5m >= tuning["outage_min_requests"]
    known = ~np.isnan(_median(ratio))
    surge = _surge(windows, ratio, usual, tuning) & known
    high = (over(ratio, 10, np.fmax) - usual > tuning["surge_excess"]) & enough
    lasting = over(outage & enough, 3, np.logical_and)
    lasting[:3] = False
    return Requests(lasting, surge, high, failing)


def _sum(windows: Windows, usual_now: Shares, tuning: Tuning, factor: float) -> tuple[Shares, Flags]:
    requests, failures = windows.requests5m, windows.failures5m
    hour = windows.failures1h / windows.requests1h
    limit = (windows.requests1h * tuning["spike_sum_share"] + tuning["spike_sum_failures"]) * factor
    enough = requests >= tuning["outage_min_requests"]
    least = tuning["spike_min_excess"]
    usual = np.empty(requests.shape)
    failing = np.zeros(requests.shape, dtype=bool)
    total, since = np.zeros(requests.shape[1]), np.zeros(requests.shape[1])
    for minute in range(requests.shape[0]):
        keeps = frozen(since, minute, DAY)
        now = usual[minute] = np.where(keeps, usual[minute - 1], usual_now[minute])
        excess = failures[minute] - requests[minute] * tolerated(now, tuning["spike_tolerance"], least)
        total = np.maximum(np.minimum(total, 2 * limit[minute]) + excess / STEP, 0)
        near = failures[minute] <= requests[minute] * (now + least)
        over = near & ((since > 0) & enough[minute] | (hour[minute] - now <= NEAR))
        total = np.where(over, 0, total)
        begins = np.where(total > limit[minute], minute, 0)
        since = np.where((since > 0) & (total != 0), since, begins)
        failing[minute] = since > 0
    return usual, failing


def _usual(windows: Windows, ratio: Shares) -> Shares:
    prior = (np.maximum(windows.failures24h - windows.failures1h, 0) + 1) / (
        np.maximum(windows.requests24h - windows.requests1h, 0) + 30
    )
    hour = windows.failures1h / windows.requests1h
    median = _median(ratio)
    lagging = np.where(hour - prior > 0.5 * (median - prior), np.nan, median)
    return np.asarray(np.fmax(np.fmax(prior, lagging), _yesterday(windows)))


def _median(ratio: Shares) -> Shares:
    """Of the points of a day that ended ten minutes ago."""
    points = ratio[::STEP]
    medians = np.empty(points.shape)
    runs = np.arange(points.shape[1])
    for index in range(points.shape[0]):
        day = np.sort(points[max(index - DAY // STEP, 0) : index + 1], axis=0)
        rank = np.maximum(np.count_nonzero(~np.isnan(day), axis=0) - 1, 0)
        medians[index] = (day[rank // 2, runs] + day[(rank + 1) // 2, runs]) / 2
    late = np.arange(10, ratio.shape[0])
    median = np.full(ratio.shape, np.nan)
    median[late] = medians[(late - 10) // STEP]
    return median


def _yesterday(windows: Windows) -> Shares:
    """Of the points from 25 to 23 hours ago."""
    late = np.arange(23 * HOUR, windows.requests5m.shape[0])
    last = (late - 23 * HOUR) // STEP + 1
    first = np.maximum(-((25 * HOUR - late) // STEP), 0)

    def summed(counts: Counts) -> Shares:
        sums = before(counts[::STEP])
        return np.asarray(sums[last] - sums[first])

    yesterday = np.full(windows.requests5m.shape, np.nan)
    ratio = (summed(windows.failures5m) + 1) / (summed(windows.requests5m) + 30)
    yesterday[late] = np.minimum(ratio, 0.5)
    return yesterday


def _surge(windows: Windows, ratio: Shares, usual: Shares, tuning: Tuning) -> Flags:
    requests, failures = windows.requests5m, windows.failures5m
    earlier = (windows.failures1h - failures + 1) / (windows.requests1h - requests + 20)
    reference = np.maximum(usual, earlier)
    excess = ratio - reference
    score = excess / np.sqrt(3 * reference * (1 - reference) / requests)
    return np.asarray(
        (excess > tuning["surge_excess"])
        & (requests >= tuning["outage_min_requests"])
        & (failures >= tuning["surge_min_failures"])
        & (score > tuning["surge_zscore"])
    )
