"""The app: /metrics and /probe collect, the landing page and the health checks answer from memory."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from betatel_exporter.web.landing import CSP, LandingPage
from betatel_exporter.web.limiter import ClientLimiter, ScrapeLimiter
from betatel_exporter.web.scrape import Scrapes

SECURITY_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def create_app(
    scrapes: Scrapes, landing: LandingPage, *, telemetry_path: str, max_requests: int
) -> Starlette:
    """The exporter as an ASGI app; its lifespan closes the collectors."""
    limited = [Middleware(ScrapeLimiter, ClientLimiter(max_requests))]

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(landing.render())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await scrapes.aclose()

    app = Starlette(
        routes=[
            Route("/", page),
            Route(telemetry_path, scrapes.metrics, middleware=limited),
            Route("/probe", scrapes.probe, middleware=limited),
            Route("/-/healthy", PlainTextResponse("Healthy.\n"), methods=["GET"]),
            Route("/-/ready", PlainTextResponse("Ready.\n"), methods=["GET"]),
        ],
        middleware=[Middleware(_SecurityHeaders)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
