"""The app: /metrics and /probe collect, the page and the health checks only look at what is known."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route, request_response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from betatel_exporter.collector import Collector
from betatel_exporter.web.families import Families
from betatel_exporter.web.landing import CSP, LandingPage
from betatel_exporter.web.limiter import ClientLimiter, ScrapeLimiter
from betatel_exporter.web.scrape import Endpoint, Scrapes

SECURITY_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Options:
    """The settings that the app needs; times in seconds."""

    telemetry_path: str
    timeout: float
    timeout_offset: float
    max_requests: int


def create_app(
    collectors: Sequence[Collector],
    families: Families,
    landing: LandingPage,
    options: Options,
    clock: Callable[[], float],
) -> Starlette:
    """The exporter as an ASGI app; its lifespan closes the collectors."""
    scrapes = Scrapes(
        collectors,
        families,
        timeout=options.timeout,
        timeout_offset=options.timeout_offset,
        collected=lambda accounts: landing.record(accounts, clock()),
    )
    limiter = ClientLimiter(options.max_requests)

    def limited(endpoint: Endpoint) -> ASGIApp:
        return ScrapeLimiter(request_response(endpoint), limiter)

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(landing.render(clock()))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.gather(*(collector.aclose() for collector in collectors))

    app = Starlette(
        routes=[
            Route("/", page),
            Route(options.telemetry_path, limited(scrapes.metrics), methods=["GET"]),
            Route("/probe", limited(scrapes.probe), methods=["GET"]),
            Route("/-/healthy", _healthy),
            Route("/-/ready", _ready),
        ],
        middleware=[Middleware(_SecurityHeaders)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def _healthy(_: Request) -> PlainTextResponse:
    return PlainTextResponse("Healthy.\n")


async def _ready(_: Request) -> PlainTextResponse:
    return PlainTextResponse("Ready.\n")


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
