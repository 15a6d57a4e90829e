"""The results of a check, as lines for a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from betatel_exporter.api.models import Query, Records, RecordsQuery, Stats, Value
from betatel_exporter.commands.diagnosis import diagnose
from betatel_exporter.recent import Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult, Snapshot

INTERVALS = (15, 30, 60)
"""Scrape intervals in seconds for which the API calls per day are shown."""


@dataclass(frozen=True)
class Checked:
    """The snapshot of an account, and where its requests went."""

    snapshot: Snapshot
    base_url: str
    proxy: str | None

    @property
    def failures(self) -> Mapping[Failure, Sequence[QueryResult]]:
        """The failed queries by cause."""
        failed: dict[Failure, list[QueryResult]] = {}
        for result in self.snapshot.results:
            if result.failure:
                failed.setdefault(result.failure, []).append(result)
        return failed


def report(checked: Sequence[Checked], now: float) -> Iterator[str]:
    for each in checked:
        yield from _account(each, now)
    results = [result for each in checked for result in each.snapshot.results]
    calls = sum(map(_calls, results))
    yield "API calls per day for each Prometheus server, by scrape interval:"
    yield from (f"  {interval} s: {calls * 86400 // interval:,}" for interval in INTERVALS)
    recent = sum(_calls(result) for result in results if isinstance(result.query, RecentQuery))
    if recent:
        yield f"  {recent} of {calls} calls per scrape read recent records (--recent-pages)"


def _account(checked: Checked, now: float) -> Iterator[str]:
    snapshot, failures = checked.snapshot, checked.failures
    way = f" through the proxy {_host(checked.proxy)}" if checked.proxy else ""
    yield f"account {snapshot.account}: {len(snapshot.results)} queries in {snapshot.duration:.2f} s"
    yield f"  {checked.base_url}{way}"
    for result in snapshot.results:
        if not isinstance(result.outcome, Failure):
            value = _describe(result.query, result.outcome, now)
            yield f"  {result.query.name:<15} ok     {result.duration * 1000:6.0f} ms  {value}"
    for failure, results in failures.items():
        took = max(result.duration for result in results)
        name = results[0].query.name if len(results) == 1 else f"{len(results)} queries"
        yield f"  {name:<15} failed {took * 1000:6.0f} ms  {failure.reason}: {failure.detail}"
        if 1 < len(results) < len(snapshot.results):
            yield f"    {', '.join(result.query.name for result in results)}"
    diagnosis = diagnose(failures)
    yield f"  verdict: {diagnosis.verdict}"
    if diagnosis.hint:
        yield f"  hint: {diagnosis.hint}"


def _host(url: str) -> str:
    """A URL without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _describe(query: Query, value: Value, now: float) -> str:
    match value:
        case Stats(requests, transactions, amounts):
            billed = ", ".join(f"{amount:.2f} {currency}" for currency, amount in sorted(amounts.items()))
            return f"requested {requests:.0f}, processed {transactions:.0f}, billed {billed}"
        case Records(total, boundary):
            which = "oldest" if isinstance(query, RecordsQuery) and query.status.in_flight else "newest"
            age = "" if boundary is None else f", {which} {now - boundary:.0f} s old"
            return f"{total:.0f} messages{age}"
        case Recent() as recent:
            return _describe_recent(recent)
    return ""


def _describe_recent(recent: Recent) -> str:
    counts = recent.destinations.values()
    messages = sum(sum(count.messages.values()) for count in counts)
    unreached = sum(count.unreached for count in counts)
    recipients = unreached + sum(count.reached for count in counts)
    return (
        f"{messages} messages to {len(counts)} destinations in {recent.period / 60:.0f} min, "
        f"{unreached} of {recipients} recipients not reached, coverage {recent.coverage:.0%}"
    )


def _calls(result: QueryResult) -> int:
    """API calls of the query's next run."""
    value = None if isinstance(result.outcome, Failure) else result.outcome
    return len(result.query.requests(value, result.time))
