"""The results of a query and of a scrape: plain frozen data, without frames, requests or keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Query, Value


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a query has no value."""

    reason: Reason
    detail: str
    """Safe to log and to show."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The value of a query, or why there is none."""

    query: Query
    outcome: Value | Failure
    duration: float
    """Seconds, including the wait for a slot."""
    time: float
    """When the query ended, in seconds since the epoch."""

    @property
    def failure(self) -> Failure | None:
        return self.outcome if isinstance(self.outcome, Failure) else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One account in one scrape."""

    account: str
    results: Sequence[QueryResult]
    """In the order of the account's queries."""
    duration: float
    """Seconds the scrape waited for this account."""
    last_success: Mapping[str, float]
    """Time of each query's last success, by query name, in seconds since the epoch."""
    cooldown_until: float | None = None
    """End of the cool-down, in seconds since the epoch; None outside one."""

    @property
    def up(self) -> bool:
        return all(result.failure is None for result in self.results)
