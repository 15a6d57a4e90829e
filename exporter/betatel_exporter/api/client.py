"""The provider's API over HTTP: one account's requests, sent with its credentials."""

import asyncio
import contextlib
import functools
import json
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from betatel_exporter.api.body import read
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
"""Maximum seconds for which a ``Retry-After`` is honoured."""

MAX_PREPARED = 64
"""Requests that are cached: those of the queries, and some pages of recent records."""


Observer = Callable[[Operation, float | None, Reason | None], None]
"""Called when a request has ended: its seconds, None if it was not sent, and the reason if it failed."""


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
        self._prepared = functools.lru_cache(MAX_PREPARED)(self._prepare)

    async def fetch(self, request: Request, /) -> Any:
        """Send a request and parse the response; raises ApiError.

        These are reads: if the connection breaks before any response, as an idle one does that the server has closed,
        the request is retried once, immediately, on a new one. HTTP errors are not retried.
        """
        with contextlib.suppress(BrokenError):
            return await self._attempt(request)
        return await self._attempt(request, fresh=True)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _attempt(self, request: Request, *, fresh: bool = False) -> Any:
        started = time.perf_counter()
        extensions = {FRESH: fresh, SENT: False}
        reason: Reason | None = Reason.INTERNAL
        try:
            value = request.parse(await self._exchange(request, extensions))
            reason = None
        except ApiError as error:
            reason = error.reason
            raise
        except asyncio.CancelledError:  # the end of the time budget
            reason = Reason.TIMEOUT
            raise
        finally:
            self._observer(
                request.operation, time.perf_counter() - started if extensions[SENT] else None, reason
            )
        return value

    async def _exchange(self, request: Request, extensions: dict[str, bool]) -> bytes:
        prepared = self._prepared(request, self._key())
        prepared.extensions = extensions
        try:
            response = await self._transport.handle_async_request(prepared)
        except FORESEEN as error:
            raise explain(error) from None
        extensions[SENT] = True
        try:
            self._raise_for_status(response)
            return await read(response.aiter_raw(), response.headers.get("content-encoding", ""))
        except FORESEEN:
            raise InvalidResponseError("the connection broke in the middle of the response") from None
        finally:
            await response.aclose()

    def _prepare(self, request: Request, key: str) -> httpx.Request:
        headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": self._user_agent,
            "x-api-key": key,
            "x-account-id": self._account_id,
        }
        url = f"{self._base_url}/telegram/{request.operation}"
        return httpx.Request("POST", url, headers=headers, content=json.dumps(request.body))

    def _raise_for_status(self, response: httpx.Response) -> None:
        status = f"HTTP {response.status_code}"
        match response.status_code:
            case 200:
                return
            case 401 | 403:
                raise UnauthorizedError(status)
            case 407:
                raise ConnectError(f"{Cause.PROXY_REFUSED}: {status}")
            case 429:
                raise RateLimitedError(
                    status, retry_after(response.headers.get("retry-after"), self._clock())
                )
        if response.is_client_error:
            raise ClientError(status)
        if response.is_server_error:
            raise ServerError(status)
        raise InvalidResponseError(f"{status}: unexpected status; redirects are not followed")


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait, from a ``Retry-After`` in seconds or as a date; None for anything else and for past times."""
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
