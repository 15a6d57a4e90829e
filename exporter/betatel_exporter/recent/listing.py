"""The pages of one scrape as one list of records. Pure."""

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.records import ROWS, Page, Record


class Count(NamedTuple):
    """How many records are younger than an age in seconds."""

    age: float
    records: float


@dataclass(frozen=True, slots=True)
class Listing:
    """Records of an account, newest first, each once, with gaps where a page was not read."""

    records: Sequence[Record]
    positions: Sequence[int]
    """Where in the account's list each record is; 0 is the newest of all."""
    total: int
    """Records of the account, over all time."""
    length: int
    """Positions from here on are known to be empty."""

    @classmethod
    def of(cls, pages: Sequence[Page]) -> Self:
        """Raises InvalidResponseError where the records are not newest first."""
        total = max(page.total for page in pages)
        length = total
        records: list[Record] = []
        positions: list[int] = []
        seen: set[str] = set()
        for page in sorted(pages, key=lambda page: page.number):
            start = (page.number - 1) * ROWS + _drift(total - page.total)
            if len(page.records) < ROWS:
                length = min(length, start + len(page.records))
            for position, record in enumerate(page.records, start):
                if record.uuid in seen:
                    continue
                seen.add(record.uuid)
                if records and record.created > records[-1].created:
                    raise InvalidResponseError("list: not newest first: the sort was ignored")
                records.append(record)
                positions.append(max(position, positions[-1] + 1) if positions else position)
        return cls(records, positions, total, max(length, positions[-1] + 1 if positions else 0))


def _drift(missing: int) -> int:
    """Records created after a page was read and before another one was: they moved the other one's records down.

    A larger difference between the totals of two pages has another cause, such as a deletion.
    """
    return missing if missing <= ROWS else 0


class Ages:
    """How many records of a listing are younger than an age, also where no page was read."""

    def __init__(self, listing: Listing, now: float, earlier: Sequence[Count] = ()) -> None:
        """`earlier` is what the scrape before knew, as of now: it stands in beyond the last record read."""
        self._ages = [now - record.created for record in listing.records]
        self._positions = listing.positions
        self._length = listing.length
        self.oldest = Count(self._ages[-1], self._positions[-1] + 1) if listing.records else Count(0.0, 0.0)
        """Records up to the oldest that was read."""
        self._beyond = self._following(earlier)

    def younger_than(self, age: float) -> float:
        """Exact within a page and from one page to the next, else interpolated."""
        index = bisect_left(self._ages, age)
        if index == len(self._ages):
            return min(self._length, _interpolated(self._beyond, age))
        newer = Count(self._ages[index - 1], self._positions[index - 1] + 1) if index else Count(0.0, 0.0)
        older = Count(self._ages[index], self._positions[index])
        if older.records <= newer.records or age <= newer.age:
            return newer.records
        return _interpolated((newer, older), age)

    def not_older_than(self, age: float) -> float:
        return self.younger_than(math.nextafter(age, math.inf))

    def of(self, position: int) -> float:
        """Age of the record at a position, or of the nearest one read; infinity past the end of the list."""
        if position >= self._length:
            return math.inf
        index = bisect_left(self._positions, position)
        return self._ages[min(index, len(self._ages) - 1)]

    def _following(self, earlier: Sequence[Count]) -> Sequence[Count]:
        counts = [Count(0.0, 0.0)]
        for count in (self.oldest, *earlier):
            if count.age > counts[-1].age and count.records >= counts[-1].records:
                counts.append(count)
        return counts


def _interpolated(counts: Sequence[Count], age: float) -> float:
    """Linear between two counts, and beyond the last at the mean rate up to it."""
    for newer, older in itertools.pairwise(counts):
        if age <= older.age:
            share = (age - newer.age) / (older.age - newer.age)
            return newer.records + share * (older.records - newer.records)
    last = counts[-1]
    return last.records * age / last.age if last.age > 0 else math.inf
