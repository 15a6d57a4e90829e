"""From families to an answer: negotiation, gzip and name[] are the client library's."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Metric, make_asgi_app
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Writer:
    """How long it takes to write a page, which is part of the scraper's time.

    Known from the page before: a collection of a thousand accounts must end a second earlier than one of a few.
    """

    def __init__(self) -> None:
        self._seconds_an_account = 0.001
        self._turn = asyncio.Lock()

    def takes(self, accounts: int) -> float:
        return self._seconds_an_account * accounts

    def page(self, families: Callable[[], Iterable[Metric]], accounts: int) -> ASGIApp:
        """The page of the families, as an app.

        Scrapers that shared a collection are all ready to be answered in one moment. Their pages are written one in each
        turn of the event loop, so that a health check waits for one of them and not for forty.
        """

        async def write(scope: Scope, _: Receive, send: Send) -> None:
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            async with self._turn:
                await asyncio.sleep(0)  # without which nobody would ever find it locked: writing never waits
                started = time.perf_counter()
                await _exposition(list(families()))(scope, _no_body, keep)
                self._seconds_an_account = (time.perf_counter() - started) / accounts
            for message in messages:
                await send(message)

        return write


async def _no_body() -> Message:
    """The real one could wait for a body that was announced and never comes."""
    return {"type": "http.request", "body": b"", "more_body": False}


def readable(scope: Scope) -> bool:
    """Whether the client library's exposition, which decodes strictly, can read a request."""
    try:
        for text in (scope["query_string"], *(part for header in scope["headers"] for part in header)):
            text.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Page(Collector):
    """Families as the client library's exposition takes them."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        return self._families

    describe = collect  # name[] finds a family by what describes it


def _exposition(families: Sequence[Metric]) -> ASGIApp:
    """Negotiation, gzip and name[] are the client library's."""
    registry = CollectorRegistry()
    registry.register(_Page(families))
    app: ASGIApp = make_asgi_app(registry)
    return app


def own_registry() -> CollectorRegistry:
    """process_* and python_*, which the library's collectors make anew whenever the registry is asked."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
