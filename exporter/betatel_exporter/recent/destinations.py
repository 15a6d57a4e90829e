"""From records to counts by destination."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from betatel_exporter.api.records import OTHER, Record
from betatel_exporter.api.vocabulary import Status

SHOWN_SECONDS = 3600.0
"""A destination keeps its series for this long after it was last among those with most messages..."""

MAX_LINGERING = 50
"""...unless there are more than this many of that kind."""

REACHED = frozenset({Status.DELIVERED, Status.READ})


class Destination(NamedTuple):
    country: str
    network: str


REST = Destination(OTHER, OTHER)
"""All destinations without series of their own."""

Shown = Mapping[Destination, float]
"""Destinations with series, and when each was last among those with most messages, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class DestinationCounts:
    """Messages and recipients of one destination."""

    messages: Mapping[Status, int]
    """By status, zeros included."""
    reached: int
    """Recipients with at least one message DELIVERED or READ."""
    unreached: int
    """Recipients without one."""


class _Tally:
    """A destination while its records are counted."""

    def __init__(self) -> None:
        self.messages: Counter[Status] = Counter()
        self.recipients: set[bytes] = set()
        self.reached: set[bytes] = set()

    def add(self, record: Record) -> None:
        self.messages[record.status] += 1
        self.recipients.add(record.person)
        if record.status in REACHED:
            self.reached.add(record.person)

    def merge(self, other: "_Tally") -> None:
        self.messages += other.messages
        self.recipients |= other.recipients
        self.reached |= other.reached

    def counts(self) -> DestinationCounts:
        messages = {status: self.messages[status] for status in Status}
        return DestinationCounts(messages, len(self.reached), len(self.recipients) - len(self.reached))


def by_destination(
    records: Iterable[Record], most: int, shown: Shown, now: float
) -> tuple[Mapping[Destination, DestinationCounts], Shown]:
    """Counts of each destination with series, and which these are.

    `most` destinations have series, and those that `shown` names and the last hour saw; REST has the others' records.
    """
    tallies: dict[Destination, _Tally] = defaultdict(_Tally)
    for record in records:
        tallies[Destination(record.country, record.network)].add(record)
    showing = _showing(tallies, most, shown, now)
    for destination in tallies.keys() - showing.keys() - {REST}:
        tallies[REST].merge(tallies.pop(destination))
    if REST in tallies:
        showing[REST] = now
    return {destination: tallies[destination].counts() for destination in sorted(showing)}, showing


def _showing(
    tallies: Mapping[Destination, _Tally], most: int, shown: Shown, now: float
) -> dict[Destination, float]:
    sizes = {name: tally.messages.total() for name, tally in tallies.items() if name != REST}
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    recently = {name: min(at, now) for name, at in shown.items() if now - at < SHOWN_SECONDS}
    lingering = sorted(recently.keys() - set(largest), key=lambda name: (-recently[name], name))
    return dict.fromkeys(largest, now) | {name: recently[name] for name in lingering[:MAX_LINGERING]}
