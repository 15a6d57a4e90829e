"""The app: /metrics and /probe collect, the page and the health checks only look at what is known."""

import asyncio
import contextlib
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass

from prometheus_client import Metric
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from betatel_exporter import metrics
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector, time_budget
from betatel_exporter.results import Snapshot
from betatel_exporter.web.exposition import Writer, own_registry, readable
from betatel_exporter.web.landing import CSP, LandingPage

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


def create_app(
    accounts: Sequence[Collector],
    calls: Calls,
    build: Build,
    *,
    budgets: Mapping[str, Mapping[str, float]],
    clock: Callable[[], float] = time.time,
    telemetry_path: str = "/metrics",
    timeout: float = 10.0,
    timeout_offset: float = 0.5,
    max_requests: int = 40,
    web_config_reloaded: Callable[[], bool] | None = None,
) -> Starlette:
    """The exporter as an ASGI app; its lifespan closes the accounts."""
    landing = LandingPage(accounts, budgets, build.version, telemetry_path)

    def collected(snapshots: Sequence[Snapshot]) -> None:
        landing.record([snapshot.account for snapshot in snapshots], clock())

    exporter = _Exporter(
        accounts,
        calls,
        build,
        budgets=budgets,
        collected=collected,
        timeout=timeout,
        timeout_offset=timeout_offset,
        web_config_reloaded=web_config_reloaded,
    )
    slots = _Slots(max_requests)

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(landing.render(clock()))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.gather(*(account.aclose() for account in accounts))

    app = Starlette(
        routes=[
            Route("/", page),
            Route(telemetry_path, slots.guard(exporter.metrics)),
            Route("/probe", slots.guard(exporter.probe)),
            Route("/-/healthy", _healthy),
            Route("/-/ready", _ready),
        ],
        middleware=[Middleware(_SecurityHeaders)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _Exporter:
    """The two paths that collect."""

    def __init__(
        self,
        accounts: Sequence[Collector],
        calls: Calls,
        build: Build,
        *,
        budgets: Mapping[str, Mapping[str, float]],
        collected: Callable[[Sequence[Snapshot]], None],
        timeout: float,
        timeout_offset: float,
        web_config_reloaded: Callable[[], bool] | None,
    ) -> None:
        self._accounts = {account.account: account for account in accounts}
        self._calls = calls
        self._budgets = budgets
        self._collected = collected
        self._build = metrics.build_families(build.version, build.revision, build.python_version)
        self._timeout = timeout
        self._timeout_offset = timeout_offset
        self._web_config_reloaded = web_config_reloaded
        self._own = own_registry()
        self._writer = Writer()

    async def metrics(self, request: Request) -> ASGIApp:
        snapshots = await self._collect(request, self._accounts.values())

        def families() -> Iterator[Metric]:
            yield from metrics.account_families(snapshots, self._budgets)
            yield from self._calls.account_families(self._accounts)
            yield from self._build
            yield from self._calls.shared_families()
            if self._web_config_reloaded is not None:
                yield from metrics.web_config_families(self._web_config_reloaded())
            yield from self._own.collect()

        return self._writer.page(families, len(snapshots))

    async def probe(self, request: Request) -> ASGIApp:
        match request.query_params.getlist("account"):
            case [name] if name in self._accounts:
                snapshots = await self._collect(request, [self._accounts[name]])
            case _:
                return _refused(400, f"account must be given once, as one of: {', '.join(self._accounts)}")

        def families() -> Iterator[Metric]:
            yield from metrics.account_families(snapshots, self._budgets)
            yield from self._calls.account_families([snapshot.account for snapshot in snapshots])
            yield from self._build

        return self._writer.page(families, 1)

    async def _collect(self, request: Request, accounts: Collection[Collector]) -> list[Snapshot]:
        seconds = time_budget(request.headers.getlist(TIMEOUT_HEADER), self._timeout, self._timeout_offset)
        collecting = max(seconds - self._writer.takes(len(accounts)), seconds / 2)
        deadline = asyncio.get_running_loop().time() + collecting
        snapshots = await asyncio.gather(*(account.collect(deadline) for account in accounts))
        self._collected(snapshots)
        return snapshots


async def _healthy(_: Request) -> PlainTextResponse:
    return PlainTextResponse("Healthy.\n")


async def _ready(_: Request) -> PlainTextResponse:
    return PlainTextResponse("Ready.\n")


Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class _Slots:
    """Scrapes served at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def guard(self, endpoint: Endpoint) -> Endpoint:
        """Refuse what the client library cannot read and what is too much; otherwise scrape."""

        async def guarded(request: Request) -> ASGIApp:
            if not readable(request.scope):
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


def _refused(status: int, why: str) -> PlainTextResponse:
    return PlainTextResponse(f"{why}\n", status_code=status)
