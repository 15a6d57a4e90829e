"""From families to an answer: negotiation, gzip and name[] are the client library's."""

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

    def takes(self, accounts: int) -> float:
        return self._seconds_an_account * accounts

    def page(self, families: Callable[[], Iterable[Metric]], accounts: int) -> ASGIApp:
        """The page of the families, as an app that notes how long it took until it could be sent."""

        async def write(scope: Scope, receive: Receive, send: Send) -> None:
            started = time.perf_counter()

            async def send_noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._seconds_an_account = (time.perf_counter() - started) / accounts
                await send(message)

            await _exposition(list(families()))(scope, receive, send_noting)

        return write


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
