"""Which pages of the list of records hold the period."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from betatel_exporter.api.records import ROWS
from betatel_exporter.recent.listing import Ages, Count, Listing

PERIOD = 1800.0
"""Records count up to this age in seconds..."""

MIN_MESSAGES = 20
"""...where these are fewer, up to the age of the newest so many..."""

MAX_PERIOD = 6 * 3600.0
"""...but not beyond this age in seconds."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the period lies in the list of records, newest first."""

    at: float
    """When this was so, in seconds since the epoch."""
    total: int
    """Records of the account, over all time."""
    unsettled: Count
    """Records younger than the settle time."""
    period: Count
    """Records younger than the start of the period."""
    oldest: Count
    """Records up to the oldest that was read."""

    def as_of(self, now: float, total: int) -> Sequence[Count]:
        """What is known of a list that has grown since; nothing where the clock or the list went back."""
        if now < self.at or total < self.total:
            return ()
        passed, new = now - self.at, total - self.total
        return Count(passed, new), Count(self.oldest.age + passed, self.oldest.records + new)


def measure(listing: Listing, settle: float, now: float, previous: Extent | None) -> Extent:
    """Where the period lies now; `previous` stands in for what the listing does not show."""
    ages = Ages(listing, now, previous.as_of(now, listing.total) if previous else ())
    unsettled = ages.younger_than(settle)
    period = PERIOD
    within = ages.not_older_than(period)
    if within - unsettled < MIN_MESSAGES:
        last = int(unsettled) + MIN_MESSAGES - 1
        period = min(max(PERIOD, ages.of(last)), MAX_PERIOD)
        within = ages.not_older_than(period)
        if period < MAX_PERIOD:  # where that record was not read, the next scrape has to read as far
            within = max(within, last + 1)
    return Extent(now, listing.total, Count(settle, unsettled), Count(period, within), ages.oldest)


def choose_pages(extent: Extent | None, most: int) -> Sequence[int]:
    """Numbers of the pages to read: all that the period touches, or `most` of them evenly spread.

    The first page alone without an extent. A page at either end that lies mostly outside the period is left out if enough
    others remain.
    """
    if extent is None:
        return [1]
    begin, end = extent.unsettled.records, extent.period.records
    first = int(begin // ROWS)
    last = max(first, math.ceil(end / ROWS) - 1)
    if last - first >= most and (first + 1) * ROWS - begin < ROWS / 2:
        first += 1
    if last - first >= most and end - last * ROWS < ROWS / 2:
        last -= 1
    return [1 + number for number in _spread(first, last, most)]


def _spread(first: int, last: int, most: int) -> Iterable[int]:
    gaps = last - first
    if gaps < most:
        return range(first, last + 1)
    if most == 1:
        return [first + gaps // 2]
    return [first + round(index * gaps / (most - 1)) for index in range(most)]
