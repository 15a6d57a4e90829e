"""Connections to the API: aiohttp's, bounded, behind httpx' interface."""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import httpx
from aiohttp import (
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
    encode_basic_auth,
)
from aiohttp.client_proto import ResponseHandler

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.resolver import Resolver

KEEP_ALIVE = 150.0
"""Seconds an idle connection is kept: longer than usual scrape intervals, or each scrape would open ten new ones."""

MAX_HEAD = 64 * 1024
"""Bytes until the end of a response's head, those of interim responses (1xx) included. A usual head has a few hundred."""

MAX_INTERIM = 64
"""Interim responses (1xx) before the final one; each takes a kilobyte of memory, however short it is."""

MAX_RECEIVED = 320 * 1024
"""Bytes of a whole response as it is sent."""

MAX_LINES = 10_000
"""Lines of a whole response as it is sent: chunks of a byte each would take hundreds of times the CPU of a usual body."""

SENT = "sent"
"""Extension of a request: set to True when it is written to a connection."""

FRESH = "fresh"
"""Extension of a request: whether it needs a connection of its own, as kept ones may all have been closed at once."""

CONVERTED = 64
"""Requests whose conversion is cached."""

_PIECE = 4 * 1024
_NO_TIMEOUT = ClientTimeout()


class Transport(httpx.AsyncBaseTransport):
    """A pool of connections for one account: no cookies, no redirects, no decompression, no timeouts but the caller's."""

    def __init__(
        self,
        *,
        connections: int,
        resolver: Resolver,
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
        proxy: str | None = None,
    ) -> None:
        """`tls` is called for each request, so that its context may change; None stands for the system's authorities."""
        self._connections = connections
        self._resolver = resolver
        self._tls = tls
        self._proxy = _proxy_options(httpx.Proxy(proxy)) if proxy else {}
        self._sessions: dict[bool, ClientSession] = {}
        self._converted = functools.lru_cache(CONVERTED)(_converted)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises aiohttp.ClientError, OSError, and InvalidResponseError where a bound is exceeded."""
        url, headers = self._converted(request)
        response = await self._session(fresh=request.extensions.get(FRESH, False)).request(
            request.method,
            url,
            headers=headers,
            data=request.content,
            ssl=self._tls() or True,
            **self._proxy,
            timeout=_NO_TIMEOUT,
            allow_redirects=False,
            trace_request_ctx=request.extensions,
        )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, *, fresh: bool) -> ClientSession:
        """Made by the first request, as it belongs to the event loop."""
        if fresh not in self._sessions:
            kept = {"force_close": True} if fresh else {"keepalive_timeout": KEEP_ALIVE}
            connector = TCPConnector(limit=self._connections, resolver=self._resolver, **kept)
            # aiohttp has no other place for a protocol of one's own, and only a protocol sees interim responses as they come
            connector._factory = functools.partial(_BoundedHandler, loop=asyncio.get_running_loop())  # type: ignore[assignment]  # noqa: SLF001
            trace = TraceConfig()
            trace.on_request_headers_sent.append(_note_sent)
            self._sessions[fresh] = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                trace_configs=[trace],
            )
        return self._sessions[fresh]


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.content.iter_any():
            yield chunk

    async def aclose(self) -> None:
        """Keep the connection where the response was read to its end, else close it."""
        self._response.close()


class _BoundedHandler(ResponseHandler):
    """Closes a connection that sends more than is allowed."""

    _received = 0
    _lines = 0
    _interim = 0
    _in_head = True
    _refusal: InvalidResponseError | None = None

    def set_response_params(self, **params: Any) -> None:
        """Begins a response."""
        self._received = self._lines = self._interim = 0
        self._in_head = True
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        while self._in_head and len(data) > _PIECE:
            piece, data = data[:_PIECE], data[_PIECE:]
            self._receive(piece)
        self._receive(data)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Takes a head; its body follows."""
        message, _ = data
        self._in_head = message.code < HTTPStatus.OK and message.code != HTTPStatus.SWITCHING_PROTOCOLS
        self._interim += self._in_head
        if self._interim > MAX_INTERIM:
            self._refuse("too many interim responses")
        else:
            super().feed_data(data, size)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(self._refusal or exc)

    def _receive(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self._received += len(data)
        self._lines += data.count(b"\n")
        if self._received > (MAX_HEAD if self._in_head else MAX_RECEIVED) or self._lines > MAX_LINES:
            self._refuse("the response is too long")
        else:
            super().data_received(data)

    def _refuse(self, problem: str) -> None:
        self._refusal = InvalidResponseError(problem)
        if self.transport is not None:
            self.transport.abort()


def _converted(request: httpx.Request) -> tuple[str, dict[str, str]]:
    """URL and headers; once for a request object, as this takes a tenth of a call's CPU."""
    return str(request.url), dict(request.headers)


async def _note_sent(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx[SENT] = True


def _proxy_options(proxy: httpx.Proxy) -> dict[str, Any]:
    """The password: aiohttp makes Proxy-Authorization of this header, and has deprecated the other way."""
    headers = {"authorization": encode_basic_auth(*proxy.auth)} if proxy.auth else {}
    return {"proxy": str(proxy.url), "proxy_headers": headers}
