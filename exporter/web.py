"""The app: /metrics and /probe collect, the page and the health checks only look at what is known."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric, make_asgi_app
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter import metrics
from exporter.accounts import Account
from exporter.page import CSP, render
from exporter.telemetry import Telemetry

TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds"
SECURITY_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Build:
    version: str
    revision: str
    python_version: str


def budget(headers: Iterable[str], timeout: float, offset: float) -> float:
    """Seconds a scrape may take: the least of the setting and what the scraper says, less the offset.

    A scraper that says less than twice the offset gets half of what it says, so that there is always time to answer in.
    Header values that are no positive number are passed over.
    """
    least = min([timeout, *_positive(headers)])
    return max(least - offset, least / 2)


def create_app(
    accounts: Sequence[Account],
    telemetry: Telemetry,
    build: Build,
    *,
    telemetry_path: str = "/metrics",
    timeout: float = 10.0,
    timeout_offset: float = 0.5,
    max_requests: int = 40,
    web_config_reloaded: Callable[[], bool] | None = None,
) -> Starlette:
    """The exporter as an ASGI app; its lifespan closes the accounts."""
    by_name = {account.name: account for account in accounts}
    slots = _Slots(max_requests)
    own = _own_registry()
    build_family = metrics.build_family(build.version, build.revision, build.python_version)

    async def collect(request: Request, chosen: Iterable[Account]) -> list[Metric]:
        seconds = budget(request.headers.getlist(TIMEOUT_HEADER), timeout, timeout_offset)
        deadline = asyncio.get_running_loop().time() + seconds
        snapshots = await asyncio.gather(*(account.snapshot(deadline) for account in chosen))
        return [*metrics.account_families(snapshots, telemetry), build_family]

    async def scrape(request: Request) -> ASGIApp:
        families = await collect(request, accounts)
        families += metrics.process_families(telemetry)
        if web_config_reloaded is not None:
            families.append(metrics.web_config_family(web_config_reloaded()))
        return _exposition([*families, *own.collect()])

    async def probe(request: Request) -> ASGIApp:
        names = request.query_params.getlist("account")
        if len(names) != 1 or names[0] not in by_name:
            return _refused(400, f"account must be given once, as one of: {', '.join(by_name)}")
        return _exposition(await collect(request, [by_name[names[0]]]))

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(render(accounts, build.version, telemetry_path, time.time()))

    async def healthy(_: Request) -> PlainTextResponse:
        return PlainTextResponse("Healthy.\n")

    async def ready(_: Request) -> PlainTextResponse:
        return PlainTextResponse("Ready.\n")

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.gather(*(account.aclose() for account in accounts))

    app = Starlette(
        routes=[
            Route("/", page),
            Route(telemetry_path, slots.guard(scrape)),
            Route("/probe", slots.guard(probe)),
            Route("/-/healthy", healthy),
            Route("/-/ready", ready),
        ],
        middleware=[Middleware(_SecurityHeaders)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class _Slots:
    """Scrapes served at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def guard(self, endpoint: Endpoint) -> Endpoint:
        """Refuse what the client library cannot read and what is too much; otherwise scrape."""

        async def guarded(request: Request) -> ASGIApp:
            if not _readable(request.scope):
                return _refused(400, "the query and the headers must be UTF-8")
            if self._taken >= self._limit:
                return _refused(503, f"{self._limit} scrapes are being served already")
            self._taken += 1
            try:
                return await endpoint(request)
            finally:
                self._taken -= 1

        return guarded


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


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


def _own_registry() -> CollectorRegistry:
    """process_* and python_*, which the library's collectors make anew whenever the registry is asked."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _refused(status: int, why: str) -> PlainTextResponse:
    return PlainTextResponse(f"{why}\n", status_code=status)


def _readable(scope: Scope) -> bool:
    """Whether the client library's exposition, which decodes strictly, can read a request."""
    try:
        for text in (scope["query_string"], *(part for header in scope["headers"] for part in header)):
            text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _positive(headers: Iterable[str]) -> Iterator[float]:
    for header in headers:
        with contextlib.suppress(ValueError):
            seconds = float(header)
            if math.isfinite(seconds) and seconds > 0:
                yield seconds
