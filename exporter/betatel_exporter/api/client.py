"""The provider's API over HTTP: one account's requests, sent with its credentials."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol

import httpx

from betatel_exporter.api.body import check_json, read
from betatel_exporter.api.diagnosis import FORESEEN, explain
from betatel_exporter.api.errors import (
    ApiError,
    BrokenError,
    Cause,
    ClientError,
    ConnectError,
    InvalidResponseError,
    RateLimitedError,
    Reason,
    ServerError,
    UnauthorizedError,
)
from betatel_exporter.api.models import Request
from betatel_exporter.api.transport import FRESH, SENT
from betatel_exporter.api.vocabulary import Operation

MAX_COOLDOWN = 3600.0
"""Seconds that a ``Retry-After`` is obeyed at most."""

MAX_PREPARED = 64
"""Requests kept ready: those of the queries, and some pages of recent records."""


class Observer(Protocol):
    """Counts the HTTP requests of an account."""

    def sent(self, operation: Operation) -> None:
        """A request was written to a connection."""

    def answered(self, operation: Operation, seconds: float) -> None:
        """A request that was sent has ended, well or not."""

    def failed(self, operation: Operation, reason: Reason) -> None:
        """A request failed, sent or not."""


class ApiClient:
    """The API of one account.

    Requests are made once for a key and given to the transport directly. httpx.AsyncClient would make them anew each time
    and look for redirects, cookies and logins: two thirds of the CPU of a call.
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
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`key` is called for each request; `clock` returns seconds since the epoch."""
        self._transport = transport
        self._base_url = base_url
        self._account_id = account_id
        self._key = key
        self._observer = observer
        self._user_agent = user_agent
        self._clock = clock
        self._requests: dict[Request, httpx.Request] = {}
        self._requests_key = ""

    async def fetch(self, request: Request, /) -> Any:
        """Send a request and parse the answer; raises ApiError.

        These are reads: a connection that broke before any answer, such as a kept one that the far end closed while idle,
        is retried once, at once, on a fresh one. HTTP errors are not.
        """
        with contextlib.suppress(BrokenError):
            return await self._attempt(request)
        return await self._attempt(request, fresh=True)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _attempt(self, request: Request, *, fresh: bool = False) -> Any:
        attempt = _Attempt(self._observer, request.operation)
        try:
            content = await self._exchange(request, attempt, fresh=fresh)
            check_json(content)
            return request.parse(content)
        except ApiError as error:
            attempt.failed(error.reason)
            raise
        except asyncio.CancelledError:  # the end of the time budget
            attempt.failed(Reason.TIMEOUT)
            raise
        except Exception:
            attempt.failed(Reason.INTERNAL)
            raise
        finally:
            attempt.end()

    async def _exchange(self, request: Request, attempt: "_Attempt", *, fresh: bool) -> bytes:
        try:
            prepared = self._prepared(request)
            prepared.extensions |= {SENT: attempt.sent, FRESH: fresh}
            response = await self._transport.handle_async_request(prepared)
        except FORESEEN as error:
            raise explain(error) from None
        attempt.sent()
        try:
            self._raise_for_status(response)
            return await read(response.aiter_raw(), response.headers.get("content-encoding", ""))
        except FORESEEN:
            raise InvalidResponseError("the connection broke in the middle of the response") from None
        finally:
            await response.aclose()

    def _prepared(self, request: Request) -> httpx.Request:
        key = self._key()
        if key != self._requests_key:
            self._requests, self._requests_key = {}, key
        prepared = self._requests.get(request)
        if prepared is None:
            if len(self._requests) >= MAX_PREPARED:
                self._requests.clear()
            headers = {
                "accept": "application/json",
                "accept-encoding": "identity",
                "content-type": "application/json",
                "user-agent": self._user_agent,
                "x-api-key": key,
                "x-account-id": self._account_id,
            }
            url = f"{self._base_url}/{request.path}"
            prepared = httpx.Request("POST", url, headers=headers, content=json.dumps(request.body))
            self._requests[request] = prepared
        return prepared

    def _raise_for_status(self, response: httpx.Response) -> None:
        code = response.status_code
        if code == HTTPStatus.OK:
            return
        status = f"HTTP {code}"
        if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise UnauthorizedError(status)
        if code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise ConnectError(f"{Cause.PROXY_REFUSED}: {status}")
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimitedError(status, retry_after(response.headers.get("retry-after"), self._clock()))
        if response.is_client_error:
            raise ClientError(status)
        if response.is_server_error:
            raise ServerError(status)
        raise InvalidResponseError(f"{status}: unexpected status; redirects are not followed")


class _Attempt:
    """Counts one HTTP request."""

    def __init__(self, observer: Observer, operation: Operation) -> None:
        self._observer = observer
        self._operation = operation
        self._started = time.perf_counter()
        self._sent = False

    def sent(self) -> None:
        if not self._sent:
            self._sent = True
            self._observer.sent(self._operation)

    def failed(self, reason: Reason) -> None:
        self._observer.failed(self._operation, reason)

    def end(self) -> None:
        if self._sent:
            self._observer.answered(self._operation, time.perf_counter() - self._started)


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait, from a ``Retry-After`` of seconds or of a date; None for anything else and for times not to come."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:10])
    else:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    return min(seconds, MAX_COOLDOWN) if seconds > 0 else None
