import asyncio
import json
from collections.abc import Callable, Coroutine

import httpx
import pytest
import respx

from betatel_exporter.api.client import MAX_COOLDOWN, ApiClient, retry_after
from betatel_exporter.api.errors import (
    ApiError,
    ConnectError,
    InvalidResponseError,
    RateLimitedError,
    Reason,
    UnauthorizedError,
)
from betatel_exporter.api.models import RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.transport import SENT
from betatel_exporter.api.vocabulary import Operation, Status, Window

pytestmark = pytest.mark.anyio

BASE_URL = "https://api.example/connect-hub"
QUERY = StatsQuery(Window.LAST_5_MINUTES)
NOTHING = Stats(0, 0, {"EUR": 0})
NOW = 1_700_000_000.0

Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class Counts:
    """An observer, and what it was called with."""

    def __init__(self) -> None:
        self.sent_: list[Operation] = []
        self.answered_: list[Operation] = []
        self.failed_: list[tuple[Operation, Reason]] = []

    def sent(self, operation: Operation) -> None:
        self.sent_.append(operation)

    def answered(self, operation: Operation, seconds: float) -> None:
        assert seconds >= 0
        self.answered_.append(operation)

    def failed(self, operation: Operation, reason: Reason) -> None:
        self.failed_.append((operation, reason))


class Api:
    """A transport that does one thing after the other, and keeps the requests."""

    def __init__(self, *outcomes: httpx.Response | Exception | None) -> None:
        """None never answers."""
        self._outcomes = iter(outcomes)
        self.requests: list[httpx.Request] = []
        self.counts = Counts()

    def client(self, key: Callable[[], str] = lambda: "key-1") -> ApiClient:
        router = respx.MockRouter()
        router.post(url__startswith=f"{BASE_URL}/telegram/").mock(side_effect=self._handle)

        async def routed(request: httpx.Request) -> httpx.Response:
            answer = await router.async_handler(request)  # read already: the client is to stream it itself
            return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

        return ApiClient(
            httpx.MockTransport(routed),
            BASE_URL,
            account_id="account-1",
            key=key,
            observer=self.counts,
            user_agent="betatel-exporter/test",
            clock=lambda: NOW,
        )

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        outcome = next(self._outcomes)
        if not isinstance(outcome, httpx.ConnectError):
            self.requests.append(request)
            request.extensions[SENT]()
        if outcome is None:
            await asyncio.Event().wait()
        if isinstance(outcome, Exception):
            raise outcome
        assert outcome is not None
        return outcome


def response(content: bytes = b"[]", status: int = 200, **headers: str) -> httpx.Response:
    """One that is not read yet."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(content))


async def test_a_query_is_posted_with_the_account_s_credentials() -> None:
    api = Api(response())
    assert await api.client().fetch(QUERY) == NOTHING
    (request,) = api.requests
    assert (request.method, str(request.url)) == ("POST", "https://api.example/connect-hub/telegram/stats")
    assert request.headers["x-api-key"] == "key-1"
    assert request.headers["x-account-id"] == "account-1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "betatel-exporter/test"
    assert json.loads(request.content) == {"type": "last5m", "timezone": "UTC"}


async def test_records_are_asked_for_at_their_own_path() -> None:
    api = Api(response(b'{"total": 0, "list": []}'))
    await api.client().fetch(RecordsQuery(Status.SENT))
    (request,) = api.requests
    assert request.url.path == "/connect-hub/telegram/tdr"
    assert json.loads(request.content)["filter"] == {"status": "SENT"}


async def test_a_key_that_has_changed_is_sent_from_the_next_request_on() -> None:
    keys = iter(["old", "old", "new", "old"])
    api = Api(*(response() for _ in range(4)))
    client = api.client(lambda: next(keys))
    for _ in range(4):
        await client.fetch(QUERY)
    assert [request.headers["x-api-key"] for request in api.requests] == ["old", "old", "new", "old"]
    assert len({(request.url.path, request.content) for request in api.requests}) == 1


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
        api = Api(response(status=status, location="https://elsewhere.example/"))
        with pytest.raises(ApiError, match=f"HTTP {status}") as caught:
            await api.client().fetch(QUERY)
        assert caught.value.reason is reason, status
        assert len(api.requests) == 1, status
        assert api.counts.failed_ == [(Operation.STATS, reason)]


async def test_a_body_of_another_shape_is_an_invalid_response() -> None:
    api = Api(response(b"<h1>Welcome</h1>"))
    with pytest.raises(InvalidResponseError, match="json invalid"):
        await api.client().fetch(QUERY)
    assert api.counts.failed_ == [(Operation.STATS, Reason.INVALID_RESPONSE)]


async def test_a_body_of_too_many_values_is_not_parsed() -> None:
    api = Api(response(b"[" + b"{}," * 2000 + b"{}]"))
    with pytest.raises(InvalidResponseError, match="more than 1000 objects"):
        await api.client().fetch(QUERY)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("gone"),
        ConnectionResetError(),
    ],
)
async def test_a_connection_that_broke_before_an_answer_is_retried_once(error: Exception) -> None:
    api = Api(error, response())
    assert await api.client().fetch(QUERY) == NOTHING
    assert api.counts.sent_ == [Operation.STATS] * 2
    assert api.counts.answered_ == [Operation.STATS] * 2
    assert api.counts.failed_ == [(Operation.STATS, Reason.CONNECT)]


async def test_a_connection_that_breaks_twice_is_not_tried_a_third_time() -> None:
    api = Api(httpx.ReadError("reset"), httpx.ReadError("reset"), response())
    with pytest.raises(ConnectError):
        await api.client().fetch(QUERY)
    assert api.counts.failed_ == [(Operation.STATS, Reason.CONNECT)] * 2


async def test_without_a_connection_nothing_is_sent_or_retried_and_one_failure_is_counted() -> None:
    api = Api(httpx.ConnectError("refused"), response())
    with pytest.raises(ConnectError, match="no connection"):
        await api.client().fetch(QUERY)
    assert api.counts.sent_ == api.counts.answered_ == []
    assert api.counts.failed_ == [(Operation.STATS, Reason.CONNECT)]


async def test_a_request_that_is_cancelled_counts_as_a_timeout() -> None:
    api = Api(None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await api.client().fetch(QUERY)
    assert api.counts.sent_ == [Operation.STATS]
    assert api.counts.failed_ == [(Operation.STATS, Reason.TIMEOUT)]


async def test_an_unforeseen_exception_is_counted_and_goes_on() -> None:
    api = Api(MemoryError())
    with pytest.raises(MemoryError):
        await api.client().fetch(QUERY)
    assert api.counts.failed_ == [(Operation.STATS, Reason.INTERNAL)]


async def test_an_error_shows_neither_key_nor_account_nor_body() -> None:
    api = Api(response(b'{"message": "key-1 of account-1 is wrong"}', 401))
    with pytest.raises(UnauthorizedError) as caught:
        await api.client().fetch(QUERY)
    assert str(caught.value) == "HTTP 401"


async def test_a_rate_limit_has_the_seconds_to_wait() -> None:
    api = Api(response(b"", 429, retry_after="Tue, 14 Nov 2023 22:15:00 GMT"))
    with pytest.raises(RateLimitedError) as caught:
        await api.client().fetch(QUERY)
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
