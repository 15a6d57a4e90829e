"""The results of a check, as lines for a person and as a document for scripts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
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
    yield "API calls per day for each Prometheus server, by scrape interval:"
    yield from (f"  {interval} s: {calls:,}" for interval, calls in _calls_per_day(checked).items())
    results = [result for each in checked for result in each.snapshot.results]
    recent = sum(_calls(result) for result in results if isinstance(result.query, RecentQuery))
    if recent:
        calls = sum(map(_calls, results))
        yield f"  {recent} of {calls} calls per scrape read recent records (--recent-pages)"


def document(checked: Sequence[Checked]) -> dict[str, Any]:
    """The same for JSON; durations and timestamps in seconds."""
    diagnosis = diagnose(failure for each in checked for failure in each.failures)
    return {
        "verdict": diagnosis.verdict,
        "hint": diagnosis.hint,
        "exit_code": int(diagnosis.code),
        "accounts": [_account_document(each) for each in checked],
        "calls_per_day": _calls_per_day(checked),
    }


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
        case _:
            return _describe_recent(value)


def _describe_recent(recent: Recent) -> str:
    counts = recent.destinations.values()
    messages = sum(sum(count.messages.values()) for count in counts)
    unreached = sum(count.unreached for count in counts)
    recipients = unreached + sum(count.reached for count in counts)
    return (
        f"{messages} messages to {len(counts)} destinations in {recent.period / 60:.0f} min, "
        f"{unreached} of {recipients} recipients not reached, coverage {recent.coverage:.0%}"
    )


def _account_document(checked: Checked) -> dict[str, Any]:
    snapshot, diagnosis = checked.snapshot, diagnose(checked.failures)
    return {
        "account": snapshot.account,
        "base_url": checked.base_url,
        "proxy": _host(checked.proxy) if checked.proxy else None,
        "up": snapshot.up,
        "verdict": diagnosis.verdict,
        "hint": diagnosis.hint,
        "duration_seconds": snapshot.duration,
        "queries": [
            {
                "query": result.query.name,
                "success": result.failure is None,
                "duration_seconds": result.duration,
                "calls": _calls(result),
                **_outcome_document(result.outcome),
            }
            for result in snapshot.results
        ],
    }


def _outcome_document(outcome: Value | Failure) -> dict[str, Any]:
    match outcome:
        case Stats(requests, transactions, amounts):
            return {"requests": requests, "transactions": transactions, "amounts": dict(amounts)}
        case Records(total, boundary):
            return {"total": total, "timestamp_seconds": boundary}
        case Failure(reason, detail):
            return {"reason": reason.value, "detail": detail}
        case _:
            places = [
                {**place._asdict(), "messages": dict(counts.messages)}
                | {"reached": counts.reached, "unreached": counts.unreached}
                for place, counts in outcome.destinations.items()
            ]
            return {
                "period_seconds": outcome.period,
                "coverage_ratio": outcome.coverage,
                "destinations": places,
            }


def _calls_per_day(checked: Sequence[Checked]) -> dict[str, int]:
    """By scrape interval in seconds."""
    calls = sum(_calls(result) for each in checked for result in each.snapshot.results)
    return {str(interval): calls * 86400 // interval for interval in INTERVALS}


def _calls(result: QueryResult) -> int:
    """API calls of the query's next run."""
    value = None if isinstance(result.outcome, Failure) else result.outcome
    return len(result.query.requests(value, result.time))
