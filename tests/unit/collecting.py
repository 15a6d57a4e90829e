"""A collector on an API in virtual time."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from betatel_exporter.api.errors import Reason, ServerError
from betatel_exporter.api.models import Query, RecordsQuery, Request, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.collector import Collector
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.results import Snapshot

EPOCH = 1_700_000_000.0
HOUR = StatsQuery(Window.LAST_HOUR)
DAY = StatsQuery(Window.LAST_24_HOURS)
FAILED = RecordsQuery(Status.FAILED)
READ = RecordsQuery(Status.READ)
RECORDS: list[Query] = [RecordsQuery(status) for status in Status]
NEVER = 1e6
HTTP_500 = ServerError("HTTP 500")


def now() -> float:
    return asyncio.get_running_loop().time()


class Api:
    """Answers after a delay with the time of the request, or as a test says."""

    def __init__(
        self, delay: Mapping[Any, float] | None = None, error: Mapping[Any, Exception] | None = None
    ) -> None:
        self.delay = dict(delay or {})
        self.error = dict(error or {})
        self.sent: list[tuple[Request, float]] = []
        self.running: list[Request] = []
        self.closed = False

    def times(self, request: Request) -> list[float]:
        return [time for sent, time in self.sent if sent == request]

    async def fetch(self, request: Request, /) -> Stats:
        self.sent.append((request, now()))
        self.running.append(request)
        try:
            await asyncio.sleep(self.delay.get(request, 0.1))
        finally:
            self.running.remove(request)
        if request in self.error:
            raise self.error[request]
        return Stats(now(), 0, {"EUR": 0})

    async def aclose(self) -> None:
        self.closed = True


def collector(
    api: Api,
    queries: Sequence[Query] = (HOUR, FAILED),
    *,
    slots: FairSemaphore | None = None,
    max_concurrency: int = 16,
    cache_ttl: float = 0.0,
) -> Collector:
    return Collector(
        "shop",
        queries,
        api,
        slots=slots or FairSemaphore(200, len(Operation)),
        max_concurrency=max_concurrency,
        cache_ttl=cache_ttl,
        call_budget=9.5,
        clock=lambda: EPOCH + now(),
    )


async def scrape(shop: Collector, start: float | None = None, budget: float = 5.0) -> Snapshot:
    """A scrape that begins at a time, by default now."""
    if start is not None:
        await asyncio.sleep(start - now())
    return await shop.collect(now() + budget)


def failures(snapshot: Snapshot) -> dict[str, Reason]:
    return {result.query.name: result.failure.reason for result in snapshot.results if result.failure}


def requests(snapshot: Snapshot) -> dict[str, float]:
    return {
        result.query.name: result.outcome.requests
        for result in snapshot.results
        if isinstance(result.outcome, Stats)
    }
