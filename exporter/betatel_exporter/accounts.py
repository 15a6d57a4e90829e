"""What is kept about an account between scrapes: the collection under way, the cool-down, the last outcomes."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from betatel_exporter.api.client import RateLimitedError
from betatel_exporter.api.models import Query, Value
from betatel_exporter.collection import Answer, Collection, Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last that is known of a query."""

    answer: Answer
    at: float
    """In seconds since the epoch."""


class Source(Protocol):
    """Where the answers come from."""

    async def fetch(self, query: Query) -> Value:
        """Raises ApiError."""

    async def aclose(self) -> None: ...


class Account:
    """One account of the provider; its scrapers share what is under way."""

    def __init__(
        self,
        name: str,
        queries: Sequence[Query],
        source: Source,
        *,
        slots: asyncio.Semaphore,
        max_concurrency: int = 10,
        cache_ttl: float = 0.0,
        daily_budget: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.queries = tuple(queries)
        self._source = source
        self._own_slots = asyncio.Semaphore(max_concurrency)
        self._slots = slots
        self._cache_ttl = cache_ttl
        self._daily_budget = daily_budget
        self._clock = clock
        self._collection: Collection | None = None
        self._cooldown_until = 0.0
        self._outcomes: dict[str, Outcome] = {}
        self._last_success: dict[str, float] = {}
        self._failing_since: dict[str, float] = {}

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """The last outcome by name of the query; without those never asked."""
        return MappingProxyType(self._outcomes)

    @property
    def cooldown_until(self) -> float | None:
        """Until when no call is made, in seconds since the epoch; None where none is being kept."""
        return self._cooldown_until if self._cooldown_until > self._clock() else None

    async def snapshot(self, deadline: float) -> Snapshot:
        """Collect, or join the collection under way, until a deadline in the event loop's time."""
        collection = self._shared()
        if collection is None:
            collection = self._collection = Collection(self.queries, self._fetch, deadline, self._observe)
        collection.extend(deadline)
        answers, took = await collection.until(deadline)
        return Snapshot(
            account=self.name,
            answers=answers,
            duration=took,
            last_success=dict(self._last_success),
            cooldown_until=self.cooldown_until,
            daily_budget=self._daily_budget,
        )

    async def aclose(self) -> None:
        """End what is under way and close the connections."""
        if self._collection is not None:
            await self._collection.aclose()
        await self._source.aclose()

    def _shared(self) -> Collection | None:
        """A collection to join: one under way, or one that succeeded less than cache_ttl ago.

        A failure is never served again: the next scraper finds out for itself whether it is over.
        """
        collection = self._collection
        if collection is None or not collection.complete:
            return collection
        age = time.perf_counter() - (collection.ended or 0.0)
        return collection if collection.succeeded and age < self._cache_ttl else None

    async def _fetch(self, query: Query) -> Value:
        async with self._own_slots, self._slots:
            if self.cooldown_until is not None:
                raise RateLimitedError("not sent: waiting as Retry-After asked")
            try:
                return await self._source.fetch(query)
            except RateLimitedError as error:
                if error.retry_after is not None:
                    self._cooldown_until = max(self._cooldown_until, self._clock() + error.retry_after)
                raise

    def _observe(self, answer: Answer) -> None:
        now = self._clock()
        name = answer.query.name
        self._outcomes[name] = Outcome(answer, now)
        if answer.failure is None:
            self._last_success[name] = now
            since = self._failing_since.pop(name, None)
            if since is not None:
                logger.info(
                    "query recovered",
                    extra={"account": self.name, "query": name, "failed_for_seconds": round(now - since, 1)},
                )
        elif name not in self._failing_since:
            self._failing_since[name] = now
            logger.warning(
                "query failing",
                extra={
                    "account": self.name,
                    "query": name,
                    "reason": answer.failure.reason.value,
                    "detail": answer.failure.detail,
                },
            )
