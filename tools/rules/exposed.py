"""What the exporter exposes of simulated traffic: windows, and recipients of the recent records, minute by minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tools.rules.world import DAY, HOUR, Counts, Shares, Traffic

Values = TypeVar("Values", Counts, Shares)

SETTLE, PERIOD, MIN_MESSAGES, MAX_PERIOD = 2, 30, 20, 6 * HOUR
"""Of the exporter's recent records, in minutes and messages."""
PAGES, ROWS = 3, 100


@dataclass(frozen=True)
class Windows:
    """Of the whole account; counts in the shape (minutes, runs)."""

    requests5m: Counts
    failures5m: Counts
    requests1h: Counts
    failures1h: Counts
    requests24h: Counts
    failures24h: Counts
    reached: Counts
    """Messages DELIVERED or READ, over all time."""
    created: Counts
    """Messages, over all time."""


@dataclass(frozen=True)
class Recent:
    """Recipients by network, in the shape (minutes, runs, networks)."""

    unreached: Counts
    reached: Counts
    period: Shares
    """How far back the records go, in minutes, in the shape (minutes, runs)."""
    coverage: Shares
    """Share of its messages that were read."""


def windows(parts: Sequence[Traffic]) -> Windows:
    messages = _total([part.messages for part in parts])
    failures = _total([part.failures for part in parts])
    return Windows(
        requests5m=_sums(messages, 5),
        failures5m=_sums(failures, 5),
        requests1h=_sums(messages, HOUR),
        failures1h=_sums(failures, HOUR),
        requests24h=_sums(messages, DAY),
        failures24h=_sums(failures, DAY),
        reached=np.cumsum(_total([part.reached for part in parts]), axis=0),
        created=np.cumsum(messages, axis=0),
    )


def recent(parts: Sequence[Traffic], random: np.random.Generator) -> Recent:
    """All recipients of the period where three pages hold it, else those of a page at each end and one in the middle."""
    sent = before(_total([part.messages for part in parts]))
    minutes = np.arange(sent.shape[0] - 1)[:, None]
    end = np.broadcast_to(np.maximum(minutes + 1 - SETTLE, 0), (minutes.size, sent.shape[1]))
    begin = np.minimum(
        np.maximum(minutes + 1 - PERIOD, 0),
        np.maximum(_found(sent, _at(sent, end) - MIN_MESSAGES), minutes + 1 - MAX_PERIOD),
    )
    coverage = np.minimum(1, PAGES * ROWS / np.maximum(_at(sent, end) - _at(sent, begin), 1))
    counted = [_people(part, begin, end) for part in parts]
    sampled = _sample(parts, sent, begin, end, random)
    unreached, reached = (
        np.stack([np.where(coverage < 1, some, every) for some, every in zip(*kind, strict=True)], axis=2)
        for kind in zip(zip(*sampled, strict=True), zip(*counted, strict=True), strict=True)
    )
    return Recent(unreached, reached, (minutes + 1 - begin).astype(float), coverage)


def _people(part: Traffic, begin: Counts, end: Counts) -> tuple[Counts, Counts]:
    """Unreached and reached people with a message in these minutes, the last one excluded."""
    unreached = _at(before(part.first), end) - _at(before(part.last), begin)
    reached = before(part.reached)
    return np.maximum(unreached, 0), _at(reached, end) - _at(reached, begin)


def _sample(
    parts: Sequence[Traffic], sent: Counts, begin: Counts, end: Counts, random: np.random.Generator
) -> list[tuple[Counts, Counts]]:
    middle = _at(sent, begin) + (_at(sent, end) - _at(sent, begin)) // 2
    pages = (
        (_found(sent, _at(sent, end) - ROWS), end),
        (_found(sent, middle - ROWS // 2), _found(sent, middle + ROWS // 2) + 1),
        (begin, _found(sent, _at(sent, begin) + ROWS) + 1),
    )
    sums = [(np.zeros_like(begin), np.zeros_like(begin)) for _ in parts]
    for first, last in pages:
        first, last = np.maximum(first, begin), np.minimum(last, end)  # noqa: PLW2901
        rows = np.maximum(_at(sent, last) - _at(sent, first), 1)
        chance = np.minimum(1, ROWS / rows)
        for index, part in enumerate(parts):
            unreached, reached = _people(part, first, last)
            once = np.minimum(_at(before(part.once), last) - _at(before(part.once), first), unreached)
            again = unreached - once
            seen = random.binomial(once, chance) + random.binomial(again, 1 - (1 - chance) ** 3)
            sums[index] = sums[index][0] + seen, sums[index][1] + random.binomial(reached, chance)
    return sums


def _total(counts: Sequence[Counts]) -> Counts:
    return np.asarray(np.sum(counts, axis=0))


def before(values: Values) -> Values:
    """Sums over all earlier minutes."""
    return np.concatenate([np.zeros((1, *values.shape[1:]), values.dtype), np.cumsum(values, axis=0)])


def _at(sent: Counts, minutes: Counts) -> Counts:
    return np.take_along_axis(sent, minutes, axis=0)


def _found(sent: Counts, wanted: Counts) -> Counts:
    """The last minute before which no more than so many messages were created."""
    return np.stack(
        [
            np.clip(np.searchsorted(sent[:, run], wanted[:, run], side="right") - 1, 0, sent.shape[0] - 1)
            for run in range(sent.shape[1])
        ],
        axis=1,
    )


def _sums(counts: Counts, minutes: int) -> Counts:
    sent = before(counts)
    ends = np.arange(counts.shape[0]) + 1
    return np.asarray(sent[ends] - sent[np.maximum(ends - minutes, 0)])
