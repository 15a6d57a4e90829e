"""Collect one account: every query at once, within a scrape's time budget.

What scrapes share is a query in flight. For each query there is at most one call under way: a scrape joins it or starts
it, and nobody extends or cancels it. It ends at a time fixed when it starts.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from betatel_exporter.api.errors import ApiError, RateLimitedError, Reason
from betatel_exporter.api.models import Query, Request, Value
from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.failures import FailureLog
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.results import Failure, QueryResult, Snapshot

logger = logging.getLogger(__name__)

MIN_CALL_SECONDS = 1.0
"""A call gets at least this long, so that a scraper with a tiny timeout does not multiply calls."""

TIMED_OUT = Failure(Reason.TIMEOUT, "no response within the time budget")


class Client(Protocol):
    """The API of one account."""

    async def fetch(self, request: Request, /) -> Any:
        """Send a request and parse the response. Raises ApiError."""

    async def aclose(self) -> None: ...


def time_budget(scrape_timeouts: Iterable[str], timeout: float, offset: float) -> float:
    """Seconds a scrape may take: the least of the setting and the scraper's own timeouts, less the offset.

    At least half of that least timeout, so that there is always time to answer. Header values that are not positive
    numbers are ignored.
    """
    least = min([timeout, *_positive(scrape_timeouts)])
    return max(least - offset, least / 2)


class _Success(NamedTuple):
    """The last success of a query, and until when, in the event loop's time, scrapes show it without a new call."""

    value: Value
    result: QueryResult
    fresh_until: float


class Collector:
    """The queries of one account."""

    def __init__(
        self,
        account: str,
        queries: Sequence[Query],
        client: Client,
        *,
        slots: FairSemaphore,
        max_concurrency: int,
        cache_ttl: float,
        call_budget: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`slots` are the process's and need a lane for each operation; `call_budget` is that of the timeout setting."""
        self.account = account
        self.queries = tuple(queries)
        self._client = client
        own = FairSemaphore(max_concurrency, len(Operation))
        self._lanes = {operation: (own.lane(), slots.lane()) for operation in Operation}
        self._cache_ttl = cache_ttl
        self._min_call = min(MIN_CALL_SECONDS, call_budget)
        self._clock = clock
        self._calls: dict[Query, asyncio.Task[QueryResult]] = {}
        self._results: dict[str, QueryResult] = {}
        self._successes: dict[Query, _Success] = {}
        self._cooldown_end = -math.inf
        self._failures = FailureLog(account)

    @property
    def results(self) -> Mapping[str, QueryResult]:
        """The last result of each query, by name; without queries that have not ended yet."""
        return MappingProxyType(self._results)

    @property
    def cooldown_until(self) -> float | None:
        """End of the cool-down, in seconds since the epoch; None outside one."""
        left = self._cooldown_end - _now()
        return self._clock() + left if left > 0 else None

    async def collect(self, deadline: float) -> Snapshot:
        """A result for every query, by a deadline in the event loop's time."""
        started = time.perf_counter()  # uvloop's own clock counts whole milliseconds
        results = await _Wait(self, deadline).results()
        self._failures.report()
        return Snapshot(
            account=self.account,
            results=results,
            duration=time.perf_counter() - started,
            last_success={query.name: success.result.time for query, success in self._successes.items()},
            cooldown_until=self.cooldown_until,
        )

    async def aclose(self) -> None:
        """Cancel the calls under way and close the connections."""
        for call in self._calls.values():
            call.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
        await self._client.aclose()

    def fresh(self, query: Query) -> QueryResult | None:
        """The last success, while scrapes show it without a new call."""
        success = self._successes.get(query)
        return success.result if success is not None and _now() < success.fresh_until else None

    def call(self, query: Query, deadline: float) -> "tuple[asyncio.Task[QueryResult], bool]":
        """The call under way, else a new one; and whether it was under way."""
        call = self._calls.get(query)
        return (self._start(query, deadline), False) if call is None else (call, True)

    def timed_out(self, query: Query, seconds: float) -> QueryResult:
        return QueryResult(query, TIMED_OUT, seconds, self._clock())

    def _start(self, query: Query, deadline: float) -> "asyncio.Task[QueryResult]":
        end = max(deadline, _now() + self._min_call)
        call = self._calls[query] = asyncio.create_task(self._call(query, end), name=query.name)
        return call

    async def _call(self, query: Query, end: float) -> QueryResult:
        started = time.perf_counter()
        try:
            outcome = await self._outcome(query, end)
        finally:
            del self._calls[query]
        result = QueryResult(query, outcome, time.perf_counter() - started, self._clock())
        self._results[query.name] = result
        if not isinstance(outcome, Failure):
            self._successes[query] = _Success(outcome, result, _now() + self._cache_ttl)
        self._failures.observe(result)
        return result

    async def _outcome(self, query: Query, end: float) -> Value | Failure:
        """Any exception is a failure of its query, or one unforeseen fault would take down the page."""
        try:
            async with asyncio.timeout_at(end):
                return await self._value(query)
        except ApiError as error:
            return Failure(error.reason, str(error))
        except TimeoutError:
            return TIMED_OUT
        except Exception as error:
            failure = Failure(Reason.INTERNAL, type(error).__name__)
            last = self._results.get(query.name)
            if last is None or last.failure != failure:
                logger.exception("unexpected error", extra={"account": self.account, "query": query.name})
            return failure

    async def _value(self, query: Query) -> Value:
        success = self._successes.get(query)
        previous = success.value if success else None
        now = self._clock()
        answers = await _all([self._fetch(request) for request in query.requests(previous, now)])
        return query.value(answers, previous, now)

    async def _fetch(self, request: Request) -> Any:
        own, shared = self._lanes[request.operation]
        async with own, shared:
            left = self._cooldown_end - _now()
            if left > 0:
                raise RateLimitedError("not sent: in cool-down")
            try:
                return await self._client.fetch(request)
            except RateLimitedError as error:
                if error.retry_after is not None:
                    self._cooldown_end = max(self._cooldown_end, _now() + error.retry_after)
                raise


class _Wait:
    """One scrape's wait for the calls of an account.

    By callbacks: with a task for each query, twenty scrapes of a hundred accounts hold up the event loop for a second.
    """

    def __init__(self, collector: Collector, deadline: float) -> None:
        self._collector = collector
        self._deadline = deadline
        self._results: dict[Query, QueryResult] = {}
        self._complete: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def results(self) -> list[QueryResult]:
        started = time.perf_counter()
        for query in self._collector.queries:
            result = self._collector.fresh(query)
            if result is None:
                self._follow(query, first=True)
            else:
                self._keep(query, result)
        try:
            await asyncio.wait([self._complete], timeout=max(0.0, self._deadline - _now()))
        finally:
            self._complete.cancel()
        waited = time.perf_counter() - started
        return [
            self._results.get(query) or self._collector.timed_out(query, waited)
            for query in self._collector.queries
        ]

    def _follow(self, query: Query, *, first: bool) -> None:
        call, joined = self._collector.call(query, self._deadline)
        call.add_done_callback(lambda call: self._ended(query, call, again=first and joined))

    def _ended(self, query: Query, call: "asyncio.Task[QueryResult]", *, again: bool) -> None:
        """A call that this scrape joined may end before the scrape's own deadline: then it asks anew, once."""
        if self._complete.done() or call.cancelled():
            self._complete.cancel()
        elif again and call.result().failure == TIMED_OUT and _now() < self._deadline:
            self._follow(query, first=False)
        else:
            self._keep(query, call.result())

    def _keep(self, query: Query, result: QueryResult) -> None:
        self._results[query] = result
        if len(self._results) == len(self._collector.queries):
            self._complete.set_result(None)


async def _all(fetches: Sequence[Coroutine[None, None, Any]]) -> list[Any]:
    """Every answer in order; the first exception cancels the others."""
    if len(fetches) == 1:
        return [await fetches[0]]
    tasks = [asyncio.ensure_future(fetch) for fetch in fetches]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _now() -> float:
    """The event loop's time: it cannot be set."""
    return asyncio.get_running_loop().time()


def _positive(values: Iterable[str]) -> Iterator[float]:
    for value in values:
        with contextlib.suppress(ValueError):
            seconds = float(value)
            if math.isfinite(seconds) and seconds > 0:
                yield seconds
