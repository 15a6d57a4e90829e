"""The command check: one live collection, told to a person or to a script."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, TextIO

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Query, Records, RecordsQuery, Stats
from betatel_exporter.assembly import make_collectors
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector, time_budget
from betatel_exporter.config import Configuration
from betatel_exporter.recent import Recent
from betatel_exporter.results import Failure, QueryResult, Snapshot

INTERVALS = (15, 30, 60)
"""Scrape intervals, in seconds, that the calls a day are told for."""

GREEN, RED, DIM = "32", "31", "2"


class ExitCode(IntEnum):
    """What check found; the first that applies of those with failures."""

    OK = 0
    CONFIGURATION = 2
    AUTHENTICATION = 3
    CONNECTION = 4
    RATE_LIMIT = 5
    BAD_ANSWER = 6


CODES = {
    Reason.INTERNAL: ExitCode.BAD_ANSWER,
    Reason.UNAUTHORIZED: ExitCode.AUTHENTICATION,
    Reason.CONNECT: ExitCode.CONNECTION,
    Reason.TLS: ExitCode.CONNECTION,
    Reason.TIMEOUT: ExitCode.CONNECTION,
    Reason.RATE_LIMITED: ExitCode.RATE_LIMIT,
    Reason.CLIENT_ERROR: ExitCode.BAD_ANSWER,
    Reason.SERVER_ERROR: ExitCode.BAD_ANSWER,
    Reason.INVALID_RESPONSE: ExitCode.BAD_ANSWER,
}


async def check(configuration: Configuration, *, as_json: bool, out: TextIO = sys.stdout) -> ExitCode:
    """Collect every account once and print what came of it."""
    settings = configuration.settings
    calls = Calls(target.name for target in configuration.targets)
    accounts = make_collectors(configuration, calls)
    deadline = asyncio.get_running_loop().time() + time_budget((), settings.timeout, settings.timeout_offset)
    collecting = asyncio.gather(*(account.collect(deadline) for account in accounts))
    try:
        if not as_json and out.isatty():
            await _show_progress(accounts, collecting, out)
        snapshots = await collecting
    finally:
        await asyncio.gather(*(account.aclose() for account in accounts))
    if as_json:
        json.dump(_document(snapshots), out, indent=2)
        out.write("\n")
    else:
        _print(snapshots, out)
    return _code(snapshots)


async def _show_progress(
    accounts: Sequence[Collector], collecting: "asyncio.Future[Any]", out: TextIO
) -> None:
    total = sum(len(account.queries) for account in accounts)
    while not collecting.done():
        out.write(f"\r{sum(len(account.results) for account in accounts)} of {total} queries answered")
        out.flush()
        await asyncio.wait([collecting], timeout=0.1)
    out.write("\r\x1b[K")


def _code(snapshots: Sequence[Snapshot]) -> ExitCode:
    failures = [answer.failure for snapshot in snapshots for answer in snapshot.results if answer.failure]
    return min((CODES[failure.reason] for failure in failures), default=ExitCode.OK)


def _calls_a_day(snapshots: Sequence[Snapshot]) -> dict[int, int]:
    calls = sum(_calls(result) for snapshot in snapshots for result in snapshot.results)
    return {interval: calls * 86400 // interval for interval in INTERVALS}


def _calls(result: QueryResult) -> int:
    """How many API calls the query takes at the next scrape."""
    value = None if result.failure else result.outcome
    return len(result.query.requests(value, result.time))


def _print(snapshots: Sequence[Snapshot], out: TextIO) -> None:
    colour = out.isatty() and "NO_COLOR" not in os.environ
    for snapshot in snapshots:
        out.write(
            f"account {snapshot.account}: {len(snapshot.results)} queries in {snapshot.duration:.2f} s\n"
        )
        for answer in snapshot.results:
            failure = answer.failure
            outcome = _paint(f"{'failed' if failure else 'ok':6}", RED if failure else GREEN, colour)
            took = _paint(f"{answer.duration * 1000:6.0f} ms", DIM, colour)
            out.write(f"  {answer.query.name:<15} {outcome} {took}  {_told(answer)}\n")
    out.write("API calls a day, by scrape interval, for each Prometheus that scrapes:\n")
    out.writelines(f"  {interval} s: {calls:,}\n" for interval, calls in _calls_a_day(snapshots).items())


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _told(answer: QueryResult) -> str:
    match answer.outcome:
        case Stats(requests, transactions, amounts):
            billed = ", ".join(f"{amount:.2f} {currency}" for currency, amount in sorted(amounts.items()))
            return f"requested {requests:.0f}, processed {transactions:.0f}, billed {billed}"
        case Records(total, boundary):
            age = (
                "" if boundary is None else f", {_boundary(answer.query)} {time.time() - boundary:.0f} s old"
            )
            return f"{total:.0f} messages{age}"
        case Recent() as recent:
            return _described(recent)
        case Failure(reason, detail):
            return f"{reason}: {detail}"
    return ""


def _described(recent: Recent) -> str:
    counts = recent.destinations.values()
    messages = sum(sum(count.messages.values()) for count in counts)
    unreached = sum(count.unreached for count in counts)
    recipients = unreached + sum(count.reached for count in counts)
    return (
        f"{messages} messages to {len(counts)} destinations in {recent.period / 60:.0f} min, "
        f"{unreached} of {recipients} recipients unreached, coverage {recent.coverage:.0%}"
    )


def _boundary(query: Query) -> str:
    return "oldest" if isinstance(query, RecordsQuery) and query.status.in_flight else "newest"


def _document(snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    return {
        "accounts": [
            {
                "account": snapshot.account,
                "up": snapshot.up,
                "duration_seconds": snapshot.duration,
                "queries": [_entry(answer) for answer in snapshot.results],
            }
            for snapshot in snapshots
        ],
        "calls_per_day": {str(interval): calls for interval, calls in _calls_a_day(snapshots).items()},
    }


def _entry(answer: QueryResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "query": answer.query.name,
        "success": answer.failure is None,
        "duration_seconds": answer.duration,
    }
    match answer.outcome:
        case Stats(requests, transactions, amounts):
            return entry | {"requests": requests, "transactions": transactions, "amounts": dict(amounts)}
        case Records(total, edge):
            return entry | {"total": total, "timestamp_seconds": edge}
        case Recent() as recent:
            return entry | _recent(recent)
        case Failure(reason, detail):
            return entry | {"reason": reason.value, "detail": detail}
    return entry


def _recent(recent: Recent) -> dict[str, Any]:
    return {
        "period_seconds": recent.period,
        "coverage_ratio": recent.coverage,
        "destinations": [
            {
                "country": destination.country,
                "network": destination.network,
                "messages": dict(counts.messages),
                "reached": counts.reached,
                "unreached": counts.unreached,
            }
            for destination, counts in recent.destinations.items()
        ],
    }
