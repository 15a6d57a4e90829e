"""The state of an account, from the last result of each of its queries."""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.collector import Collector
from betatel_exporter.recent import Destination, Recent
from betatel_exporter.results import Failure

SHORT, LONG, DAY = Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS

MIN_ZSCORE = 3.5
MIN_EXCESS = 0.1
MIN_FAILED = 3
"""A sample is worse than a baseline if all three are exceeded: few messages prove nothing."""

MOSTLY = 0.5
"""A destination is failing if at least this share of its recipients is unreached and that is worse than elsewhere."""


class Share(NamedTuple):
    """How many of a total failed."""

    failed: float
    total: float

    @property
    def ratio(self) -> float | None:
        return self.failed / self.total if self.total > 0 else None

    def is_worse_than(self, baseline: "Share") -> bool:
        """By a z test of two proportions."""
        if self.ratio is None or baseline.ratio is None or self.failed < MIN_FAILED:
            return False
        excess = self.ratio - baseline.ratio
        pooled = (self.failed + baseline.failed) / (self.total + baseline.total)
        deviation = math.sqrt(pooled * (1 - pooled) * (1 / self.total + 1 / baseline.total))
        return excess > MIN_EXCESS and excess / deviation > MIN_ZSCORE


class State(IntEnum):
    """How an account is doing, worst first."""

    DELIVERY_FAILING = 0
    DESTINATION_FAILING = 1
    API_FAILING = 2
    PARTLY_BLIND = 3
    UNKNOWN = 4
    UP = 5


class AccountView:
    """An account as the landing page shows it."""

    def __init__(self, collector: Collector) -> None:
        self.account = collector.account
        self.cooldown_until = collector.cooldown_until
        self.queries = len(collector.queries)
        self.results = collector.results
        self.windows: dict[Window, Share] = {}
        """Requests that were not processed."""
        self.amounts: dict[Window, Mapping[str, float]] = {}
        self.totals: dict[Status, float] = {}
        self.unreached: dict[Destination, Share] = {}
        """Recent recipients who were not reached."""
        self.failures: dict[Failure, list[str]] = {}
        """Names of the failed queries by cause."""
        for name, result in self.results.items():
            match result.query, result.outcome:
                case _, Failure() as failure:
                    self.failures.setdefault(failure, []).append(name)
                case StatsQuery(window=window), Stats(requests, transactions, amounts):
                    self.windows[window] = Share(max(0.0, requests - transactions), requests)
                    self.amounts[window] = amounts
                case RecordsQuery(status=status), Records(total=total):
                    self.totals[status] = total
                case _, Recent(destinations=destinations):
                    for place, counts in destinations.items():
                        self.unreached[place] = Share(counts.unreached, counts.unreached + counts.reached)

    @property
    def failed(self) -> int:
        """How many queries failed."""
        return sum(map(len, self.failures.values()))

    @property
    def current(self) -> Share | None:
        """Of the shortest window that is known."""
        return self.windows.get(SHORT) or self.windows.get(LONG)

    @property
    def usual(self) -> Share:
        """Of the 23 hours before the last one; of nothing where the windows do not say."""
        if LONG not in self.windows or DAY not in self.windows:
            return Share(0, 0)
        hour, day = self.windows[LONG], self.windows[DAY]
        return Share(max(0.0, day.failed - hour.failed), max(0.0, day.total - hour.total))

    def fails_more_than_usual(self, window: Window) -> bool:
        return window in self.windows and self.windows[window].is_worse_than(self.usual)

    @property
    def people(self) -> Share | None:
        """All recent recipients; None where the recent records are unknown."""
        return _total(self.unreached.values()) if self.unreached else None

    @property
    def worst_destinations(self) -> Sequence[Destination]:
        """Most unreached recipients first."""
        return sorted(self.unreached, key=lambda place: self.unreached[place], reverse=True)

    @cached_property
    def failing_destinations(self) -> Sequence[Destination]:
        """The worst first."""
        return [place for place in self.worst_destinations if self._is_failing(place)]

    def _is_failing(self, place: Destination) -> bool:
        share = self.unreached[place]
        elsewhere = _total(other for key, other in self.unreached.items() if key != place)
        return _is_mostly_unreached(share) and (not elsewhere.total or share.is_worse_than(elsewhere))

    @property
    def spend(self) -> Mapping[str, float]:
        """Billed since midnight or, where that window is not configured, in 24 hours; by currency."""
        return self.amounts.get(Window.TODAY) or self.amounts.get(DAY, {})

    @cached_property
    def state(self) -> State:
        if self.fails_more_than_usual(SHORT) or self.fails_more_than_usual(LONG):
            return State.DELIVERY_FAILING
        if self.failing_destinations:
            return State.DESTINATION_FAILING
        if self.people and _is_mostly_unreached(self.people):  # everywhere alike, though requests succeed
            return State.DELIVERY_FAILING
        if self.failures:
            return State.API_FAILING if self.failed == self.queries else State.PARTLY_BLIND
        return State.UP if self.results else State.UNKNOWN


def _is_mostly_unreached(share: Share) -> bool:
    return share.failed >= MIN_FAILED and share.failed >= MOSTLY * share.total


def _total(shares: Iterable[Share]) -> Share:
    listed = list(shares)
    return Share(sum(share.failed for share in listed), sum(share.total for share in listed))
