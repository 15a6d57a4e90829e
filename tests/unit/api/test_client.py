import asyncio
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import httpx
import pytest
import respx

from betatel_exporter.api.client import MAX_COOLDOWN, ApiClient, retry_after
from betatel_exporter.api.errors import ApiError, RateLimitedError, Reason
from betatel_exporter.api.models import RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.transport import SENT
from betatel_exporter.api.vocabulary import Operation, Status, Window

pytestmark = pytest.mark.anyio

BASE_URL = "https://api.example/connect-hub"
QUERY = StatsQuery(Window.LAST_5_MINUTES)
NOTHING = Stats(0, 0, {"EUR": 0})
NOW = 1_700_000_000.0

Outcome = httpx.Response | Exception | None
"""None never answers."""

Counts = list[tuple[bool, Reason | None]]
"""Of each request that ended, whether it was sent, and why it failed."""


class Api:
    """An API that does one thing after the other, and keeps the requests."""

    def __init__(
        self, *outcomes: Outcome, sent: bool = True, key: Callable[[], str] = lambda: "key-1"
    ) -> None:
        self._outcomes = iter(outcomes)
        self._sent = sent
        self._router = respx.MockRouter()
        self._router.post(url__startswith=f"{BASE_URL}/telegram/").mock(side_effect=self._answer)
        self.requests: list[httpx.Request] = []
        self.counts: Counts = []
        self.client = ApiClient(
            httpx.MockTransport(self._route),
            BASE_URL,
            account_id="account-1",
            key=key,
            observer=self._count,
            user_agent="betatel-exporter/test",
            clock=lambda: NOW,
        )

    async def fails(self, reason: Reason) -> str:
        """The text of the error that a query ends in."""
        with pytest.raises(ApiError) as caught:
            await self.client.fetch(QUERY)
        assert caught.value.reason is reason
        return str(caught.value)

    def _count(self, operation: Operation, seconds: float | None, reason: Reason | None) -> None:
        assert operation in Operation
        assert seconds is None or seconds > 0
        self.counts.append((seconds is not None, reason))

    async def _route(self, request: httpx.Request) -> httpx.Response:
        answer = await self._router.async_handler(request)  # read already: the client is to stream it itself
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        request.extensions[SENT] = self._sent
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is None:
            await asyncio.Event().wait()
        assert outcome is not None
        return outcome


def response(content: bytes = b"[]", status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(content))


async def test_a_query_is_posted_to_its_own_path_with_the_account_s_credentials() -> None:
    api = Api(response(), response(b'{"total": 0, "list": []}'))
    assert await api.client.fetch(QUERY) == NOTHING
    await api.client.fetch(RecordsQuery(Status.SENT))
    stats, records = api.requests
    assert (stats.method, str(stats.url)) == ("POST", "https://api.example/connect-hub/telegram/stats")
    expected = {
        "x-api-key": "key-1",
        "x-account-id": "account-1",
        "content-type": "application/json",
        "user-agent": "betatel-exporter/test",
    }
    assert {name: stats.headers[name] for name in expected} == expected
    assert json.loads(stats.content) == {"type": "last5m", "timezone": "UTC"}
    assert records.url.path == "/connect-hub/telegram/tdr"
    assert json.loads(records.content)["filter"] == {"status": "SENT"}
    assert api.counts == [(True, None)] * 2


async def test_a_changed_key_is_sent_from_the_next_request_on() -> None:
    keys = ["old", "old", "new", "old"]
    api = Api(*(response() for _ in keys), key=iter(keys).__next__)
    for _ in keys:
        await api.client.fetch(QUERY)
    assert [request.headers["x-api-key"] for request in api.requests] == keys


async def test_a_status_has_its_reason_and_is_not_retried() -> None:
    reasons = {
        **dict.fromkeys([201, 204, 206, 302, 600], Reason.INVALID_RESPONSE),
        **dict.fromkeys([400, 404], Reason.CLIENT_ERROR),
        **dict.fromkeys([401, 403], Reason.UNAUTHORIZED),
        407: Reason.CONNECT,
        429: Reason.RATE_LIMITED,
        **dict.fromkeys([500, 503], Reason.SERVER_ERROR),
    }
    for status, reason in reasons.items():
        api = Api(response(b"key-1 of account-1", status, location="https://elsewhere.example/"))
        text = await api.fails(reason)
        assert f"HTTP {status}" in text
        assert not any(secret in text for secret in ("key-1", "account-1", "elsewhere"))
        assert api.counts == [(True, reason)], status


async def test_a_body_that_is_too_large_or_of_another_shape_is_an_invalid_response() -> None:
    for content, problem in {
        b"<h1>": "json invalid",
        b"[" + b"{}," * 2000 + b"{}]": "more than 1000",
    }.items():
        api = Api(response(content))
        assert problem in await api.fails(Reason.INVALID_RESPONSE)
        assert api.counts == [(True, Reason.INVALID_RESPONSE)]


async def test_a_connection_that_breaks_before_an_answer_is_retried_once() -> None:
    failed = (True, Reason.CONNECT)
    for error in (aiohttp.ServerDisconnectedError(), aiohttp.ClientOSError(), ConnectionResetError()):
        api = Api(error, response())
        assert await api.client.fetch(QUERY) == NOTHING
        assert api.counts == [failed, (True, None)]
        api = Api(error, error, response())
        await api.fails(Reason.CONNECT)
        assert api.counts == [failed] * 2


async def test_without_a_connection_nothing_is_retried_and_one_failure_is_counted() -> None:
    api = Api(aiohttp.InvalidUrlClientError("https://256.1.1.1"), response(), sent=False)
    await api.fails(Reason.CONNECT)
    assert api.counts == [(False, Reason.CONNECT)]


async def test_a_connection_that_breaks_in_the_body_is_an_invalid_response() -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"["
            raise aiohttp.ClientPayloadError

    api = Api()
    api.client._transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Broken()))
    assert "middle of the response" in await api.fails(Reason.INVALID_RESPONSE)


async def test_a_cancelled_request_counts_as_a_timeout() -> None:
    api = Api(None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await api.client.fetch(QUERY)
    assert api.counts == [(True, Reason.TIMEOUT)]


async def test_an_unforeseen_exception_is_counted_and_raised() -> None:
    api = Api(MemoryError())
    with pytest.raises(MemoryError):
        await api.client.fetch(QUERY)
    assert api.counts == [(True, Reason.INTERNAL)]


async def test_a_rate_limit_has_the_seconds_to_wait() -> None:
    api = Api(response(b"", 429, retry_after="Tue, 14 Nov 2023 22:15:00 GMT"))
    with pytest.raises(RateLimitedError) as caught:
        await api.client.fetch(QUERY)
    assert caught.value.retry_after == 100


def test_retry_after_is_seconds_or_a_date_of_an_hour_at_most() -> None:
    expected = {
        None: None,
        "120": 120,
        " 120 ": 120,
        "0": None,
        "-5": None,
        "soon": None,
        "1.5": None,
        "604800": MAX_COOLDOWN,
        "9" * 5000: MAX_COOLDOWN,
        "Tue, 14 Nov 2023 22:15:00 GMT": 100,
        "Tue, 14 Nov 2023 22:15:00 -0000": 100,
        "Tue, 14 Nov 2023 22:00:00 GMT": None,
        "Fri, 14 Nov 2093 22:00:00 GMT": MAX_COOLDOWN,
        "Fri, 99 Nov 2093 22:00:00 GMT": None,
        f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT": None,
    }
    assert {header: retry_after(header, NOW) for header in expected} == expected
