"""One collection: every query of an account at once, inside one time budget."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from betatel_exporter.api.client import ApiError
from betatel_exporter.api.models import Query, Reason, Value


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a query has no value. Plain data: a kept exception would keep its frames, and the key in them."""

    reason: Reason
    detail: str


BUDGET_SPENT = Failure(Reason.TIMEOUT, "no answer within the budget")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one query."""

    query: Query
    duration: float
    """Seconds from the start of the collection to the outcome."""
    outcome: Value | Failure

    @property
    def failure(self) -> Failure | None:
        return self.outcome if isinstance(self.outcome, Failure) else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One account as it is told to one scraper."""

    account: str
    answers: Sequence[Answer]
    duration: float
    """Seconds the collection took, or had taken when the scraper's budget ended."""
    last_success: Mapping[str, float]
    """When each query last succeeded, in seconds since the epoch; by name of the query, without those that never did."""
    cooldown_until: float | None = None
    """Until when no call is made, in seconds since the epoch; None where none is being kept."""
    daily_budget: Mapping[str, float] | None = None
    """From the configuration, per currency, in units of it."""

    @property
    def up(self) -> bool:
        return all(answer.failure is None for answer in self.answers)


Fetch = Callable[[Query], Awaitable[Value]]


class Collection:
    """Queries under way, each a task of its own.

    Several scrapers may wait for one collection, each until its own deadline, and none of them can cancel it for the
    others. It ends by itself at the latest deadline anybody asked for. Deadlines are times of the event loop, in seconds.
    """

    def __init__(
        self, queries: Iterable[Query], fetch: Fetch, deadline: float, observe: Callable[[Answer], None]
    ) -> None:
        self._fetch = fetch
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._started = time.perf_counter()  # uvloop's own clock has milliseconds only
        self._deadline = deadline
        self._timeouts: list[asyncio.Timeout] = []
        self._tasks = {query: asyncio.create_task(self._ask(query), name=query.name) for query in queries}
        self.ended: float | None = None
        """When the last query ended so far, in seconds of time.perf_counter."""

    @property
    def complete(self) -> bool:
        return all(task.done() for task in self._tasks.values())

    @property
    def succeeded(self) -> bool:
        return self.complete and all(task.result().failure is None for task in self._tasks.values())

    def extend(self, deadline: float) -> None:
        """Let the queries go on until a later deadline."""
        if deadline > self._deadline:
            self._deadline = deadline
            for timeout in self._timeouts:
                timeout.reschedule(deadline)

    async def until(self, deadline: float) -> tuple[list[Answer], float]:
        """The answers there are at the deadline, a timeout for those that are not, and the seconds this took."""
        await asyncio.wait(self._tasks.values(), timeout=max(0.0, deadline - self._loop.time()))
        took = (self.ended if self.complete and self.ended else time.perf_counter()) - self._started
        return [
            task.result() if task.done() else Answer(query, took, BUDGET_SPENT)
            for query, task in self._tasks.items()
        ], took

    async def aclose(self) -> None:
        """Cancel what is under way and wait until it is gone."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.wait(self._tasks.values())

    async def _ask(self, query: Query) -> Answer:
        timeout = asyncio.timeout_at(self._deadline)
        outcome: Value | Failure
        try:
            async with timeout:
                self._timeouts.append(timeout)
                try:
                    outcome = await self._fetch(query)
                finally:
                    self._timeouts.remove(timeout)
        except ApiError as error:
            outcome = Failure(error.reason, str(error))
        except TimeoutError:
            outcome = BUDGET_SPENT
        self.ended = time.perf_counter()
        answer = Answer(query, self.ended - self._started, outcome)
        self._observe(answer)
        return answer
