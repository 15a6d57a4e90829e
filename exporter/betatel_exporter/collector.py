"""Collects one account: all queries concurrently, with at most one call per query, by the scrape's deadline.

A scrape joins or starts the call of each query and waits for it until its own deadline. A call sends its requests with a
deadline that is fixed at that moment; scrapes neither extend nor cancel it. If it passes without a response while scrapes
with a later deadline wait, the call sends its requests again, with the latest of their deadlines.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from betatel_exporter.api.errors import ApiError, RateLimitedError, Reason
from betatel_exporter.api.models import Query, Request, Value
from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.failures import FailureLog
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.results import Failure, QueryResult, Snapshot

logger = logging.getLogger(__name__)

MIN_CALL_SECONDS = 1.0
"""A call gets at least this long, so that a scraper with a tiny timeout does not multiply requests."""

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
        self._deadlines: dict[Query, float] = {}
        """The latest deadline of the scrapes that wait for a call."""
        self._results: dict[str, QueryResult] = {}
        self._successes: dict[Query, QueryResult] = {}
        self._fresh_until: dict[Query, float] = {}
        self._cooldown_end = -math.inf
        self._failures = FailureLog(account)

    @property
    def results(self) -> Mapping[str, QueryResult]:
        """The last result of each query, by name; without queries that have not ended yet."""
        return self._results

    @property
    def cooldown_until(self) -> float | None:
        """End of the cool-down, in seconds since the epoch; None outside one."""
        left = self._cooldown_end - _now()
        return self._clock() + left if left > 0 else None

    async def collect(self, deadline: float) -> Snapshot:
        """A result for every query, by a deadline in event loop time."""
        started = time.perf_counter()  # uvloop's own clock counts whole milliseconds
        now = _now()
        stale = [query for query in self.queries if now >= self._fresh_until.get(query, -math.inf)]
        calls = {query: self._call(query, deadline) for query in stale}
        if calls:
            await asyncio.wait(calls.values(), timeout=max(0.0, deadline - now))
        duration = time.perf_counter() - started
        self._failures.report()
        return Snapshot(
            account=self.account,
            results=[self._result(query, calls.get(query), duration) for query in self.queries],
            duration=duration,
            last_success={query.name: result.time for query, result in self._successes.items()},
            cooldown_until=self.cooldown_until,
        )

    async def aclose(self) -> None:
        """Cancel the calls in flight and close the connections."""
        for call in self._calls.values():
            call.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
        await self._client.aclose()

    def _result(self, query: Query, call: "asyncio.Task[QueryResult] | None", waited: float) -> QueryResult:
        if call is None:
            return self._successes[query]
        if call.done() and not call.cancelled():
            return call.result()
        return QueryResult(query, TIMED_OUT, waited, self._clock())

    def _call(self, query: Query, deadline: float) -> "asyncio.Task[QueryResult]":
        """The call in flight, else a new one."""
        if query in self._calls:
            self._deadlines[query] = max(deadline, self._deadlines[query])
        else:
            self._deadlines[query] = deadline
            self._calls[query] = asyncio.create_task(self._run(query), name=query.name)
        return self._calls[query]

    async def _run(self, query: Query) -> QueryResult:
        """Call until there is a result or no scrape is waiting."""
        try:
            while True:
                end = max(self._deadlines[query], _now() + self._min_call)
                result = await self._ask(query, end)
                if result.failure != TIMED_OUT or self._deadlines[query] <= end:
                    return result
        finally:
            del self._calls[query]

    async def _ask(self, query: Query, end: float) -> QueryResult:
        started = time.perf_counter()
        outcome = await self._outcome(query, end)
        result = QueryResult(query, outcome, time.perf_counter() - started, self._clock())
        self._results[query.name] = result
        if result.failure is None:
            self._successes[query] = result
            self._fresh_until[query] = _now() + self._cache_ttl
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
        previous = success.outcome if success else None
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


async def _all(fetches: Sequence[Coroutine[None, None, Any]]) -> list[Any]:
    """Every response in order; the first exception cancels the others."""
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
