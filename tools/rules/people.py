"""The states that the recipients of the recent records lead to, of an account and its networks."""

from dataclasses import dataclass

import numpy as np

from tools.rules.exposed import Recent, Values, Windows, before
from tools.rules.requests import Requests
from tools.rules.states import Flags, Tuning, frozen, tolerated
from tools.rules.world import DAY, HOUR, Counts, Shares

WINDOW = 28
"""Minutes after which a window shares no message with an earlier one."""
LONG = 2100
"""Seconds from which on the records reach further back than that."""
HALF_HOUR = 30
REMEMBERED, RUN_LIMIT, RUN_HOLDS, FEW = 8, 14, 5.5, 60


@dataclass(frozen=True)
class People:
    """In the shape (minutes, runs, 1 + networks); the first is the account."""

    failing: Flags
    people: Shares
    """More than tolerated, estimated; 0 where no alert of a destination fires."""
    ratio: Shares
    """Unreached of the destination's recipients."""
    share: Shares
    """More than tolerated, of the account's recipients."""


@dataclass(frozen=True)
class _Counted:
    """Recipients as the rules count them, in the same shape."""

    unreached: Shares
    recipients: Shares
    scale: Shares
    """How many people one of them stands for, in the shape (minutes, runs)."""


def watch(recent: Recent, windows: Windows, requests: Requests, tuning: Tuning) -> People:
    watching = _Watching(_counted(recent), recent, windows, requests, tuning)
    for minute in range(recent.period.shape[0]):
        watching.step(minute)
    counted = watching.counted
    recipients = np.maximum(counted.recipients, 1)
    ratio, share = counted.unreached / recipients, watching.sums / recipients[:, :, :1]
    return People(watching.failing, watching.people, ratio, share)


def _counted(recent: Recent) -> _Counted:
    coverage = _mean(recent.coverage)
    whole = coverage >= 0.9
    weight = np.minimum(1 / coverage, 2)

    def counts(values: Counts) -> Shares:
        networks = np.where(whole[:, :, None], values, _mean(values) * weight[:, :, None])
        return np.concatenate([networks.sum(axis=2, keepdims=True), networks], axis=2)

    unreached, reached = counts(recent.unreached), counts(recent.reached)
    scale = np.where(whole, 1 / coverage, 1 / np.minimum(2 * coverage, 1))
    return _Counted(unreached, unreached + reached, scale)


def _mean(values: Values) -> Shares:
    """Of five minutes, both ends included."""
    sums = before(values)
    ends = np.arange(values.shape[0]) + 1
    begins = np.maximum(ends - 6, 0)
    return np.asarray((sums[ends] - sums[begins]) / (ends - begins).reshape(-1, *[1] * (values.ndim - 1)))


class _Watching:
    """One evaluation of all rules after another."""

    def __init__(
        self, counted: _Counted, recent: Recent, windows: Windows, requests: Requests, tuning: Tuning
    ) -> None:
        self.counted, self._windows, self._requests, self._tuning = counted, windows, requests, tuning
        self._small = recent.period * 60 > LONG
        shape = counted.unreached.shape
        self._account = np.arange(shape[2]) == 0
        self._evidence = np.where(self._account, tuning["people_evidence"], tuning["destination_evidence"])
        points = (-(-shape[0] // HALF_HOUR), *shape[1:])
        self._steady = np.zeros(points), np.zeros(points)
        self.sums, self._since = np.zeros(shape), np.zeros(shape)
        self._usual = np.zeros(shape[1:])
        self._run, self._recovered = np.zeros(shape[1]), np.zeros(shape[1], dtype=bool)
        self.failing, self.people = np.zeros(shape, dtype=bool), np.zeros(shape)

    def step(self, minute: int) -> None:
        unreached, recipients = self.counted.unreached[minute], self.counted.recipients[minute]
        since = self._since[minute - 1] if minute else np.zeros(unreached.shape)
        self._usual = self._usual_now(minute, unreached, recipients, since)
        share = tolerated(self._usual, self._tuning["people_tolerance"], self._tuning["people_min_excess"])
        window = unreached - recipients * share
        self.sums[minute] = window + self._left(minute)
        limit = self._evidence / self._odds(share)
        begins = self._begins(minute, window, share, limit, since > 0)
        holds = (since > 0) & ~self._over(minute, window)
        self._since[minute] = np.where(holds, since, np.where(begins, minute, 0))
        self.failing[minute] = self._since[minute] > 0
        self._report(minute)
        self._follow(minute, unreached[:, 0], recipients[:, 0])

    def _usual_now(self, minute: int, unreached: Shares, recipients: Shares, since: Shares) -> Shares:
        keeps = frozen(since, minute, DAY)
        if minute % HALF_HOUR == 0:
            for steady, now in zip(self._steady, (unreached, recipients), strict=True):
                steady[minute // HALF_HOUR] = np.where(keeps, 0, now)
        others = (1 - (unreached - unreached[:, :1])) / (10 - (recipients - recipients[:, :1]))
        least = self._tuning["people_prior"]
        prior = np.where(self._account, least, np.maximum(others, least))
        counted = self.counted.unreached[::HALF_HOUR], self.counted.recipients[::HALF_HOUR]
        day = _ratio(self._steady, minute - HALF_HOUR, DAY, prior, 10)
        day = np.where(self._account, np.minimum(day, 0.5), day)
        yesterday = _ratio(counted, minute - 23 * HOUR, 90, day, 50)
        return np.where(keeps, self._usual, np.clip(np.maximum(day, np.minimum(yesterday, 0.5)), 0.01, 0.95))

    def _left(self, minute: int) -> Shares:
        """What the previous window left."""
        if minute < WINDOW:
            return np.zeros(self._usual.shape)
        forgotten = (self._since[minute - WINDOW] > 0) | self._small[minute][:, None]
        return np.where(forgotten, 0, np.clip(self.sums[minute - WINDOW], 0, REMEMBERED))

    def _odds(self, share: Shares) -> Shares:
        doubled = np.minimum(2 * share - self._usual, 0.99)
        return np.asarray(np.log(doubled / (1 - doubled)) - np.log(self._usual / (1 - self._usual)))

    def _begins(self, minute: int, window: Shares, share: Shares, limit: Shares, failing: Flags) -> Flags:
        unreached, recipients = self.counted.unreached[minute], self.counted.recipients[minute]
        enough = unreached >= self._tuning["people_min_unreached"]
        begins: Flags = enough & (self.sums[minute] > limit) & (window > limit / 3)
        beyond = unreached - recipients * self._usual
        networks = failing & ~self._account
        rest = unreached[:, 0] - (unreached * networks).sum(axis=1)
        others = recipients[:, 0] - (recipients * networks).sum(axis=1)
        explained = networks.any(axis=1) & (rest - others * share[:, 0] < limit[:, 0])
        surge = self._requests.surge[minute] & (beyond[:, 0] >= self._tuning["surge_min_people"])
        run = enough[:, 0] & (self._run > self._tuning["run_evidence"])
        begins[:, 0] = (begins[:, 0] & ~self._recovered | surge) & ~explained | run
        return begins

    def _over(self, minute: int, window: Shares) -> Flags:
        over: Flags = np.asarray(window <= 0, dtype=np.bool_)
        holds = self._requests.high[minute] | (self._run > RUN_HOLDS)
        over[:, 0] = (over[:, 0] | self._recovered) & ~holds
        return over

    def _report(self, minute: int) -> None:
        lately = np.asarray(self.failing[max(minute - 45, 0) : minute + 1, :, 0].any(axis=0))
        reported = self.failing[minute] & ~self._account & ~lately[:, None]
        people = self.sums[minute] * self.counted.scale[minute][:, None]
        self.people[minute] = np.where(reported, people, 0)

    def _follow(self, minute: int, unreached: Shares, recipients: Shares) -> None:
        """The run of unreached people and the recovery, which the next minute's rules read."""
        usual = np.minimum(self._usual[:, 0], 0.5)
        if minute:
            more = unreached - self.counted.unreached[minute - 1, :, 0]
            arrived = np.maximum(self._windows.reached[minute] - self._windows.reached[minute - 1], 0)
            change = more * np.log(0.9 / usual) - arrived * np.log((1 - usual) / 0.1)
            self._run = np.where(recipients < FEW, np.clip(self._run + change, 0, RUN_LIMIT), 0)
        if minute >= HOUR:
            reached = self._windows.reached[minute] - self._windows.reached[minute - HOUR]
            created = self._windows.created[minute] - self._windows.created[minute - HOUR]
            well = (reached >= 5) & (reached > created * 0.8 * (1 - self._usual[:, 0]))
            self._recovered = well & self._small[minute]


def _ratio(points: tuple[Shares, Shares], end: int, length: int, otherwise: Shares, weight: float) -> Shares:
    """Unreached per recipients of the half-hourly points in the minutes up to `end`, with so many people more."""
    last = end // HALF_HOUR
    if last < 0:
        return otherwise
    first = max(-((length - end) // HALF_HOUR), 0)
    unreached, recipients = (counts[first : last + 1].sum(axis=0) for counts in points)
    return np.asarray((unreached + weight * otherwise) / (recipients + weight))
