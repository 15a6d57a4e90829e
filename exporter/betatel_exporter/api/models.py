"""Queries of the API and their values: frozen, parsed from a response as soon as it is read.

The provider documents two endpoints, "POST Telegram Stats" and "POST Telegram TDRs"; field names below are theirs. No model
declares ``to`` or ``code``, the recipient's number and the one-time code: what is not declared cannot be kept or shown.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import BeforeValidator, FailFast, TypeAdapter

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.fields import Count, Model, Number, Timestamp, validated
from betatel_exporter.api.vocabulary import Operation, Status, Window

DEFAULT_CURRENCY = "EUR"
"""What the stats page says ``currency`` defaults to."""

MAX_CURRENCIES = 32
"""Maximum currencies per response, as each becomes a series; more are rejected."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Totals of one window, from "POST Telegram Stats"."""

    requests: float
    """Messages requested, the sum of ``total_requests``."""
    transactions: float
    """Messages successfully processed, the sum of ``total_transactions``."""
    amounts: Mapping[str, float]
    """Billed per ``currency``, in units of it, the sum of ``total_amount``; negative where refunds prevail."""


@dataclass(frozen=True, slots=True)
class Records:
    """Delivery records in one status, from "POST Telegram TDRs"."""

    total: float
    """All records with the status, over all time."""
    boundary_timestamp: float | None
    """Creation time of the oldest record (in flight) or the newest (settled), in seconds since the epoch."""


Value = Any
"""The value of a query: Stats, Records or what another query makes of its responses. Frozen, without parts of a body."""


class Request(Protocol):
    """One HTTP request to the API."""

    operation: ClassVar[Operation]

    def __hash__(self) -> int: ...

    @property
    def body(self) -> Mapping[str, Any]:
        """The JSON document to send."""

    def parse(self, content: bytes) -> Any:
        """Parse the body of a response; raises InvalidResponseError."""


class Query(Protocol):
    """What one value of an account comes from: a label ``query``, and one or more concurrent requests."""

    @property
    def name(self) -> str:
        """The value of the label ``query``."""

    def requests(self, previous: Value | None, now: float) -> Sequence[Request]:
        """The requests to send, given the last value of this query and the time in seconds since the epoch."""

    def value(self, answers: Sequence[Any], previous: Value | None, now: float) -> Value:
        """The value of the parsed responses, in the order of the requests; raises InvalidResponseError."""


class _OneRequest:
    """A query that is its own only request."""

    __slots__ = ()

    def requests(self, _previous: Value | None, _now: float) -> Sequence[Self]:
        return (self,)

    def value(self, answers: Sequence[Any], _previous: Value | None, _now: float) -> Any:
        return answers[0]


@dataclass(frozen=True, slots=True)
class StatsQuery(_OneRequest):
    window: Window
    timezone: str = "UTC"
    operation: ClassVar[Operation] = Operation.STATS

    @property
    def name(self) -> str:
        return f"{self.operation}/{self.window}"

    @property
    def body(self) -> Mapping[str, Any]:
        return {"type": self.window, "timezone": self.timezone}

    def parse(self, content: bytes) -> Stats:
        entries = validated(_STATS, content)
        amounts: dict[str, float] = {}
        for entry in entries:
            amounts[entry.currency] = amounts.get(entry.currency, 0.0) + entry.total_amount
        if len(amounts) > MAX_CURRENCIES:
            raise InvalidResponseError(f"more than {MAX_CURRENCIES} currencies")
        stats = Stats(
            requests=sum(entry.total_requests for entry in entries),
            transactions=sum(entry.total_transactions for entry in entries),
            amounts=MappingProxyType(amounts or {DEFAULT_CURRENCY: 0.0}),
        )
        if not all(map(math.isfinite, (stats.requests, stats.transactions, *amounts.values()))):
            raise InvalidResponseError("the sum of the entries is not a finite number")
        return stats


@dataclass(frozen=True, slots=True)
class RecordsQuery(_OneRequest):
    status: Status
    operation: ClassVar[Operation] = Operation.TDR

    @property
    def name(self) -> str:
        return f"{self.operation}/{self.status}"

    @property
    def body(self) -> Mapping[str, Any]:
        return {
            "page": 1,
            "rows_per_page": 1,
            "sort_by": "timestamp",
            "sort_direction": "ASC" if self.status.in_flight else "DESC",
            "filter": {"status": self.status},
        }

    def parse(self, content: bytes) -> Records:
        page = validated(_RECORDS, content)
        if bool(page.total) != bool(page.list):
            raise InvalidResponseError("total and list are inconsistent")
        if any(record.status != self.status for record in page.list):
            raise InvalidResponseError(
                "the record is in another status than requested: the filter was ignored"
            )
        return Records(page.total, page.list[0].timestamp if page.list else None)


_CURRENCY = re.compile(r"[A-Za-z]{3,5}")


def _currency(value: object) -> str:
    if value is None:
        return DEFAULT_CURRENCY
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError("not a currency code")
    return value.upper()


def _first(value: object) -> object:
    """One record was asked for; the rest is ignored."""
    return value[:1] if isinstance(value, list) else value


class _StatsEntry(Model):
    total_requests: Count
    total_transactions: Count
    total_amount: Number
    currency: Annotated[str, BeforeValidator(_currency)] = DEFAULT_CURRENCY


class _Record(Model):
    status: str
    timestamp: Timestamp


class _Page(Model):
    total: Count
    list: Annotated[tuple[_Record, ...], BeforeValidator(_first)]


# a body of wrong entries would otherwise cost an error in memory for each of them, a thousand times its size
_STATS = TypeAdapter(Annotated[list[_StatsEntry], FailFast()])
_RECORDS = TypeAdapter(_Page)
