"""From records to counts by destination."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


def by_destination(
    records: Iterable[Record], most: int, shown: Shown, now: float
) -> tuple[Mapping[Destination, DestinationCounts], Shown]:
    """Counts of each destination with series, and which these are.

    `most` destinations have series, and those that `shown` names and the last hour saw; REST has the others' records.
    """
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.country, record.network].append(record)
    showing = _showing(groups, most, shown, now)
    for place in groups.keys() - showing.keys() - {REST}:
        groups[REST] += groups.pop(place)
    if REST in groups:
        showing[REST] = now
    return {destination: _count(groups.get(destination, ())) for destination in sorted(showing)}, showing


def _showing(
    groups: Mapping[tuple[str, str], Sequence[Record]], most: int, shown: Shown, now: float
) -> dict[Destination, float]:
    sizes = {Destination(*place): len(records) for place, records in groups.items() if place != REST}
    largest = sorted(sizes, key=lambda destination: (-sizes[destination], destination))[:most]
    recently = {name: min(at, now) for name, at in shown.items() if now - at < SHOWN_SECONDS}
    lingering = sorted(recently.keys() - set(largest), key=lambda name: (-recently[name], name))
    return dict.fromkeys(largest, now) | {name: recently[name] for name in lingering[:MAX_LINGERING]}


def _count(records: Iterable[Record]) -> DestinationCounts:
    messages = dict.fromkeys(Status, 0)
    recipients: set[bytes] = set()
    reached: set[bytes] = set()
    for record in records:
        messages[record.status] += 1
        recipients.add(record.person)
        if record.status in REACHED:
            reached.add(record.person)
    return DestinationCounts(messages, len(reached), len(recipients) - len(reached))
