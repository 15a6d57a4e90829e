"""The provider's API over HTTP.

ApiError                 reason
├── UnauthorizedError    unauthorized      401, 403
├── RateLimitedError     rate_limited      429
├── ClientError          client_error      any other 4xx
├── ServerError          server_error      5xx
├── ConnectError         connect           DNS, refused, reset, closed before an answer
│   └── BrokenError                        the connection was there and broke: worth one more try
├── TlsError             tls               certificate or handshake
└── InvalidResponseError invalid_response  anything else than a whole answer of the documented shape

The reason ``timeout`` is the caller's: it owns the time budget and cancels.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

import httpx
from aiohttp import (
    ClientConnectorError,
    ClientHttpProxyError,
    ClientResponseError,
    ClientSession,
    ClientSSLError,
    DummyCookieJar,
    TCPConnector,
    encode_basic_auth,
)
from aiohttp import ClientError as AiohttpError
from httpx_aiohttp import AiohttpTransport

from betatel_exporter.api.fields import InvalidAnswerError
from betatel_exporter.api.models import Operation, Reason, Request

MAX_BODY = 1024 * 1024
"""Bytes of an answer, decompressed, after which reading stops. A documented answer has a few hundred."""

KEEP_ALIVE = 150.0
"""Seconds an idle connection is kept: longer than usual scrape intervals, or each scrape would open ten new ones."""

MAX_COOLDOWN = 3600.0
"""Seconds a ``Retry-After`` is obeyed at most."""


class ApiError(Exception):
    """A query without a value; the text is safe to log: it quotes neither body nor headers."""

    reason: ClassVar[Reason]


class UnauthorizedError(ApiError):
    reason = Reason.UNAUTHORIZED


class RateLimitedError(ApiError):
    reason = Reason.RATE_LIMITED

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the next call; None where the API did not say."""


class ClientError(ApiError):
    reason = Reason.CLIENT_ERROR


class ServerError(ApiError):
    reason = Reason.SERVER_ERROR


class ConnectError(ApiError):
    reason = Reason.CONNECT


class BrokenError(ConnectError):
    pass


class TlsError(ApiError):
    reason = Reason.TLS


class InvalidResponseError(ApiError):
    reason = Reason.INVALID_RESPONSE


class Observer(Protocol):
    """Counts the HTTP requests of an account."""

    def sent(self, operation: Operation) -> None: ...
    def answered(self, operation: Operation, seconds: float) -> None: ...
    def failed(self, operation: Operation, reason: Reason) -> None: ...


def make_transport(
    *, connections: int, tls: ssl.SSLContext | None = None, proxy: str | None = None
) -> httpx.AsyncBaseTransport:
    """A pool of connections for one account: no cookies, no redirects, no timeouts but the caller's."""

    def session() -> ClientSession:
        connector = TCPConnector(limit=connections, keepalive_timeout=KEEP_ALIVE, ssl=tls or True)
        return ClientSession(connector=connector, cookie_jar=DummyCookieJar())

    return AiohttpTransport(
        verify=tls or False,  # the connector above is the one that verifies
        proxy=_proxy(proxy) if proxy else None,
        client=session,
    )


def _proxy(url: str) -> httpx.Proxy:
    """A proxy with its password as a header: aiohttp makes Proxy-Authorization of it, and has deprecated the other way."""
    proxy = httpx.Proxy(url)
    if proxy.auth is not None:
        proxy.headers["authorization"] = encode_basic_auth(*proxy.auth)
        proxy.auth = None
    return proxy


class Upstream:
    """The queries of one account, sent with its credentials.

    Requests are made once for a key and given to the transport directly. httpx.AsyncClient would make them anew each time,
    and look for redirects, cookies and logins: two thirds of the CPU of a call, for nothing that is wanted here.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        base_url: str,
        *,
        account_id: str,
        key: Callable[[], str],
        observer: Observer,
        user_agent: str,
    ) -> None:
        self._transport = transport
        self._base_url = base_url
        self._account_id = account_id
        self._key = key
        self._observer = observer
        self._user_agent = user_agent
        self._requests: dict[Request, httpx.Request] = {}
        self._requests_key = ""

    async def fetch(self, query: Request, /) -> Any:
        """Ask one query; raises ApiError.

        These are reads: a connection that broke before any answer, such as a kept one that the far end closed while idle,
        is tried once more. HTTP errors are not.
        """
        with contextlib.suppress(BrokenError):
            return await self._attempt(query)
        return await self._attempt(query)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _attempt(self, query: Request) -> Any:
        self._observer.sent(query.operation)
        started = time.perf_counter()
        try:
            return query.parse(await self._exchange(query))
        except InvalidAnswerError as error:
            self._observer.failed(query.operation, Reason.INVALID_RESPONSE)
            raise InvalidResponseError(str(error)) from None
        except ApiError as error:
            self._observer.failed(query.operation, error.reason)
            raise
        except asyncio.CancelledError:  # the budget has ended
            self._observer.failed(query.operation, Reason.TIMEOUT)
            raise
        finally:
            self._observer.answered(query.operation, time.perf_counter() - started)

    async def _exchange(self, query: Request) -> bytes:
        try:
            response = await self._transport.handle_async_request(self._request(query))
        except (httpx.HTTPError, AiohttpError, OSError) as error:
            raise _connection_error(error) from None
        except UnicodeError:  # the transport's own, over a status line that is no UTF-8
            raise InvalidResponseError("not an HTTP answer") from None
        try:
            _raise_for_status(response)
            return await _read(response)
        except (httpx.HTTPError, AiohttpError, OSError):
            raise InvalidResponseError("the connection broke in the middle of an answer") from None
        finally:
            await response.aclose()

    def _request(self, query: Request) -> httpx.Request:
        key = self._key()
        if key != self._requests_key:
            self._requests, self._requests_key = {}, key
        request = self._requests.get(query)
        if request is None:
            headers = {
                "accept": "application/json",
                "accept-encoding": "identity",
                "content-type": "application/json",
                "user-agent": self._user_agent,
                "x-api-key": key,
                "x-account-id": self._account_id,
            }
            url = f"{self._base_url}/{query.path}"
            request = httpx.Request("POST", url, headers=headers, content=json.dumps(query.body))
            self._requests[query] = request
        return request


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait, from a ``Retry-After`` of seconds or of a date; None where it names no time to come."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:10])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    return min(seconds, MAX_COOLDOWN) if seconds > 0 else None


def _raise_for_status(response: httpx.Response) -> None:
    code = response.status_code
    if code == HTTPStatus.OK:
        return
    told = f"HTTP {code}"
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise UnauthorizedError(told)
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitedError(told, retry_after(response.headers.get("retry-after"), time.time()))
    if response.is_client_error:
        raise ClientError(told)
    if response.is_server_error:
        raise ServerError(told)
    raise InvalidResponseError(f"{told}: neither an answer nor an error; redirects are not followed")


async def _read(response: httpx.Response) -> bytes:
    """The body, as far as MAX_BODY; never more of it in memory, not even of a compressed one."""
    inflater = _inflater(response.headers.get("content-encoding", "identity"))
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += inflater.decompress(chunk, MAX_BODY + 1 - len(body)) if inflater else chunk
        except zlib.error:
            raise InvalidResponseError("the body is not what content-encoding says") from None
        if len(body) > MAX_BODY:
            raise InvalidResponseError(f"a body of more than {MAX_BODY} bytes")
    return bytes(body)


def _inflater(encoding: str) -> "zlib._Decompress | None":
    """Compression is not asked for; a server that compresses all the same is understood where it can be bounded."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    raise InvalidResponseError("a content-encoding that was not asked for")


def _connection_error(error: BaseException) -> ApiError:
    """What kept an answer from beginning; told from types, never from texts."""
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLError | ClientSSLError) for cause in causes):
        return TlsError("the TLS handshake failed")
    if any(isinstance(cause, ClientHttpProxyError) for cause in causes):
        return ConnectError("the proxy refused")
    if any(isinstance(cause, ClientResponseError) for cause in causes):
        return InvalidResponseError("not an HTTP answer")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return ConnectError("the host name did not resolve")
    if any(isinstance(cause, httpx.ConnectError | ClientConnectorError) for cause in causes):
        return ConnectError("no connection")
    return BrokenError("the connection broke before an answer")


def _causes(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
