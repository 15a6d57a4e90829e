"""Writes pages one at a time, and estimates the share of a scraper's time that this takes."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Metric
from starlette.requests import Request

from betatel_exporter.fairness import FairSemaphore, Lane
from betatel_exporter.web.exposition import Page, render

FIRST_ESTIMATE = 0.001
"""Seconds to write an account before any page was measured; `make bench BENCH_ARGS="--only accounts"` shows less."""

REMEMBERED = 16
"""Pages of /metrics, of which the slowest counts."""

MARGIN = 2
"""A page in another format may take longer, and so may the next one on a busy machine."""


class PageWriter:
    """Writes one page per turn of the event loop, so that a health check waits for one page at most.

    Clients take turns. Estimates come from the slowest of the last complete pages: /probe and name[] do not lower them.
    """

    def __init__(self) -> None:
        self._measured = deque([FIRST_ESTIMATE], REMEMBERED)
        self._semaphore = FairSemaphore(1, lanes=1)
        self._lanes: dict[str, Lane] = {}
        self._expected: Counter[str] = Counter()
        """Accounts on the pages that are collected or written, by client."""

    def estimate(self, accounts: int) -> float:
        """Seconds to write a page."""
        return MARGIN * max(self._measured) * accounts

    @contextmanager
    def expecting(self, client: str, accounts: int) -> Iterator[float]:
        """Seconds to write a client's page and those that may come before it; counts the page until the context ends."""
        self._lanes.setdefault(client, self._semaphore.lane())
        self._expected[client] += accounts
        own = self._expected[client]
        try:
            yield self.estimate(sum(min(other, own) for other in self._expected.values()))
        finally:
            self._expected[client] -= accounts
            if not self._expected[client]:
                del self._expected[client], self._lanes[client]

    async def write(
        self, client: str, families: Iterable[Metric], request: Request, *, until: float, measure: int = 0
    ) -> Page:
        """The page that a client is expecting; its time counts as that of `measure` accounts, of none by default.

        Raises TimeoutError if its turn does not come until a time of the event loop.
        """
        async with asyncio.timeout_at(until) as waiting, self._lanes[client]:
            waiting.reschedule(None)
            await asyncio.sleep(0)  # lets other tasks run between two pages
            started = time.perf_counter()
            page = render(families, request)
            if measure:
                self._measured.append((time.perf_counter() - started) / measure)
            return page
