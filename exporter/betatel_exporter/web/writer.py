"""Writing pages one at a time, and the part of a scraper's time that this takes."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


@dataclass
class Queue:
    """The pages of one client."""

    lane: Lane
    accounts: int = 0
    """On the pages that are expected."""


@dataclass(frozen=True)
class Turn:
    """A page that is expected."""

    queue: Queue
    seconds: float
    """To write it and those whose turn may come before."""


class PageWriter:
    """Writes one page in a turn of the event loop, so that a health check waits for one page and not for forty.

    Clients take turns. Estimates come from the slowest of the last complete pages: /probe and name[] do not lower them.
    """

    def __init__(self) -> None:
        self._measured = deque([FIRST_ESTIMATE], REMEMBERED)
        self._semaphore = FairSemaphore(1, lanes=1)
        self._queues: dict[str, Queue] = {}

    def estimate(self, accounts: int) -> float:
        """Seconds to write a page."""
        return MARGIN * max(self._measured) * accounts

    @contextmanager
    def expecting(self, client: str, accounts: int) -> Iterator[Turn]:
        """Count a client's page while it is collected and written."""
        queue = self._queues.setdefault(client, Queue(self._semaphore.lane()))
        queue.accounts += accounts
        before = sum(min(other.accounts, queue.accounts) for other in self._queues.values())
        try:
            yield Turn(queue, self.estimate(before))
        finally:
            queue.accounts -= accounts
            if not queue.accounts:
                del self._queues[client]

    async def write(
        self, turn: Turn, families: Iterable[Metric], request: Request, *, until: float, measure: int = 0
    ) -> Page:
        """The page of some families; its time counts as that of `measure` accounts, of none by default.

        Raises TimeoutError if its turn does not come until a time of the event loop.
        """
        async with asyncio.timeout_at(until) as waiting, turn.queue.lane:
            waiting.reschedule(None)
            await asyncio.sleep(0)  # or no other page would ever have to wait
            started = time.perf_counter()
            page = await render(families, request)
            if measure:
                self._measured.append((time.perf_counter() - started) / measure)
            return page
