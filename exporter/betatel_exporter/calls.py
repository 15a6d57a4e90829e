"""What the exporter counts about its own calls: plain numbers, read by metrics.py."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from betatel_exporter.api.models import Operation, Reason

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the request duration histogram, in seconds: a scrape budget is 10 s at most by default."""


@dataclass(slots=True)
class Durations:
    """Seconds that requests took, counted into buckets."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    sum: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.sum += seconds

    def cumulative(self) -> Iterable[tuple[str, int]]:
        """Upper bound and count of every bucket, as an exposition wants them."""
        return zip([*map(str, BUCKETS), "+Inf"], accumulate(self.counts), strict=True)


@dataclass(slots=True)
class Calls:
    """HTTP requests of one account."""

    requests: Counter[Operation] = field(default_factory=Counter)
    failures: Counter[tuple[Operation, Reason]] = field(default_factory=Counter)


class Telemetry:
    """The counts of every account, and the durations of all."""

    def __init__(self, accounts: Iterable[str]) -> None:
        self.calls = {account: Calls() for account in accounts}
        self.durations = {operation: Durations() for operation in Operation}

    def sent(self, account: str, operation: Operation) -> None:
        self.calls[account].requests[operation] += 1

    def answered(self, operation: Operation, seconds: float) -> None:
        self.durations[operation].observe(seconds)

    def failed(self, account: str, operation: Operation, reason: Reason) -> None:
        self.calls[account].failures[operation, reason] += 1
