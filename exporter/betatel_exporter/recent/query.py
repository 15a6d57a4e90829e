"""The query for the newest records of all statuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from betatel_exporter.api.records import Page, PageRequest
from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.recent.destinations import Destination, DestinationCounts, Shown, by_destination
from betatel_exporter.recent.listing import Listing
from betatel_exporter.recent.pages import Extent, choose_pages, measure


@dataclass(frozen=True, slots=True)
class Recent:
    """Counts of the recent records of an account; nothing of any record itself."""

    destinations: Mapping[Destination, DestinationCounts]
    period: float
    """Age in seconds up to which records count."""
    coverage: float
    """Share of the period's settled messages that were read, 0 to 1."""
    extent: Extent | None
    """None where all pages were past the end of the list: the next scrape starts anew."""
    shown: Shown


@dataclass(frozen=True, slots=True)
class RecentQuery:
    """Messages and recipients by destination, from the newest records of all statuses."""

    key: bytes = field(repr=False)
    """Of the hash that replaces phone numbers."""
    pages: int = 3
    """Pages read by one scrape at most; at least 1."""
    settle: float = 120.0
    """Messages younger than this, in seconds, do not count: they may still be on their way."""
    destinations: int = 20
    """Destinations with series of their own."""

    @property
    def name(self) -> str:
        return f"{Operation.TDR}/recent"

    def requests(self, previous: Recent | None, _now: float) -> Sequence[PageRequest]:
        extent = previous.extent if previous else None
        return [PageRequest(number, self.key) for number in choose_pages(extent, self.pages)]

    def value(self, answers: Sequence[Page], previous: Recent | None, now: float) -> Recent:
        """Raises InvalidResponseError where the records are not newest first."""
        listing = Listing.of(answers)
        extent = measure(listing, self.settle, now, previous.extent if previous else None)
        period = extent.period.age
        records = [record for record in listing.records if self.settle <= now - record.created <= period]
        destinations, shown = by_destination(
            records, self.destinations, previous.shown if previous else {}, now
        )
        if not listing.records and listing.length:
            return Recent(destinations, period, coverage=0.0, extent=None, shown=shown)
        coverage = _share(len(records), extent.period.records - extent.unsettled.records)
        return Recent(destinations, period, coverage, extent, shown)


def _share(read: int, expected: float) -> float:
    return read / expected if expected > read else 1.0
