"""Writing pages one at a time, and the part of a scraper's time that this takes."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Metric
from starlette.requests import Request

from betatel_exporter.web.exposition import Page, render

FIRST_ESTIMATE = 0.001
"""Seconds to write an account before any page was measured; `make bench BENCH_ARGS="--only accounts"` shows less."""

REMEMBERED = 16
"""Pages of /metrics, of which the slowest counts."""

MARGIN = 2
"""A page in another format may take longer, and so may the next one on a busy machine."""


class PageWriter:
    """Writes one page in a turn of the event loop, so that a health check waits for one page and not for forty.

    The estimate comes from the slowest of the last complete pages. Cheap pages, /probe and name[], do not lower it.
    """

    def __init__(self) -> None:
        self._measured = deque([FIRST_ESTIMATE], REMEMBERED)
        self._expected = 0
        self._turn = asyncio.Lock()

    @contextmanager
    def expecting(self, accounts: int) -> Iterator[float]:
        """Count a page while it is collected and written; yields the seconds to write it and those expected before it."""
        self._expected += accounts
        try:
            yield MARGIN * max(self._measured) * self._expected
        finally:
            self._expected -= accounts

    async def write(
        self, families: Iterable[Metric], request: Request, *, until: float, measure: int = 0
    ) -> Page:
        """The page of some families; its time counts as that of `measure` accounts, of none by default.

        Raises TimeoutError if other pages take until a time of the event loop.
        """
        async with asyncio.timeout_at(until):
            await self._turn.acquire()
        try:
            await asyncio.sleep(0)  # or no other page would ever wait for the lock
            started = time.perf_counter()
            page = await render(families, request)
            if measure:
                self._measured.append((time.perf_counter() - started) / measure)
            return page
        finally:
            self._turn.release()
