import asyncio
import gzip
import json
import socket
import ssl
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine

import aiohttp
import httpx
import pytest
import respx

from betatel_exporter.api.client import (
    MAX_BODY,
    MAX_COOLDOWN,
    ApiError,
    ConnectError,
    InvalidResponseError,
    RateLimitedError,
    TlsError,
    UnauthorizedError,
    Upstream,
    retry_after,
)
from betatel_exporter.api.models import Operation, Reason, RecordsQuery, Stats, StatsQuery, Status, Window

pytestmark = pytest.mark.anyio

QUERY = StatsQuery(Window.LAST_5_MINUTES)
URL = "https://api.example/connect-hub/telegram/stats"
NOW = 1_700_000_000.0


@pytest.fixture
def api() -> respx.MockRouter:
    return respx.MockRouter(assert_all_called=False)


class Recorder:
    """An observer that keeps what it saw."""

    def __init__(self) -> None:
        self.requests: Counter[Operation] = Counter()
        self.failures: Counter[tuple[Operation, Reason]] = Counter()
        self.durations: list[float] = []

    def sent(self, operation: Operation) -> None:
        self.requests[operation] += 1

    def answered(self, _: Operation, seconds: float) -> None:
        self.durations.append(seconds)

    def failed(self, operation: Operation, reason: Reason) -> None:
        self.failures[operation, reason] += 1


@pytest.fixture
def telemetry() -> Recorder:
    return Recorder()


Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


def make_upstream(
    handler: Handler, telemetry: Recorder, key: Callable[[], str] = lambda: "key-1"
) -> Upstream:
    return Upstream(
        httpx.MockTransport(handler),
        "https://api.example/connect-hub",
        account_id="account-1",
        key=key,
        observer=telemetry,
        user_agent="betatel-exporter/test",
    )


@pytest.fixture
async def upstream(api: respx.MockRouter, telemetry: Recorder) -> AsyncIterator[Upstream]:
    async def answer(request: httpx.Request) -> httpx.Response:
        response = await api.async_handler(request)  # read already: the client is to stream it itself
        return httpx.Response(response.status_code, headers=response.headers, stream=response.stream)

    upstream = make_upstream(answer, telemetry)
    yield upstream
    await upstream.aclose()


async def test_a_query_is_posted_with_the_account_s_credentials(
    api: respx.MockRouter, upstream: Upstream
) -> None:
    route = api.post(URL).respond(json=[])
    assert await upstream.fetch(QUERY) == Stats(0, 0, {"EUR": 0})
    request = route.calls.last.request
    assert request.headers["x-api-key"] == "key-1"
    assert request.headers["x-account-id"] == "account-1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "betatel-exporter/test"
    assert json.loads(request.content) == {"type": "last5m", "timezone": "UTC"}


async def test_a_key_that_has_changed_is_sent_from_the_next_query_on(telemetry: Recorder) -> None:
    keys = iter(["old", "old", "new", "old"])
    sent = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append((request.headers["x-api-key"], request.url.path, request.content))
        return httpx.Response(200, stream=httpx.ByteStream(b"[]"))

    upstream = make_upstream(answer, telemetry, lambda: next(keys))
    for _ in range(4):
        await upstream.fetch(QUERY)
    assert [key for key, *_ in sent] == ["old", "old", "new", "old"]
    assert len({(path, body) for _, path, body in sent}) == 1


async def test_records_are_asked_for_at_their_own_path(api: respx.MockRouter, upstream: Upstream) -> None:
    route = api.post("https://api.example/connect-hub/telegram/tdr").respond(json={"total": 0, "list": []})
    await upstream.fetch(RecordsQuery(Status.SENT))
    assert json.loads(route.calls.last.request.content)["filter"] == {"status": "SENT"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (201, Reason.INVALID_RESPONSE),
        (204, Reason.INVALID_RESPONSE),
        (302, Reason.INVALID_RESPONSE),
        (400, Reason.CLIENT_ERROR),
        (401, Reason.UNAUTHORIZED),
        (403, Reason.UNAUTHORIZED),
        (404, Reason.CLIENT_ERROR),
        (429, Reason.RATE_LIMITED),
        (500, Reason.SERVER_ERROR),
        (503, Reason.SERVER_ERROR),
        (600, Reason.INVALID_RESPONSE),
    ],
)
async def test_a_status_has_its_reason_and_is_not_tried_again(
    api: respx.MockRouter, upstream: Upstream, telemetry: Recorder, status: int, reason: Reason
) -> None:
    route = api.post(URL).respond(status, headers={"location": "https://elsewhere.example/"}, json=[])
    with pytest.raises(ApiError, match=f"HTTP {status}") as caught:
        await upstream.fetch(QUERY)
    assert caught.value.reason is reason
    assert route.call_count == 1
    assert telemetry.failures == {(Operation.STATS, reason): 1}


async def test_a_body_of_another_shape_is_an_invalid_response(
    api: respx.MockRouter, upstream: Upstream, telemetry: Recorder
) -> None:
    api.post(URL).respond(html="<h1>Welcome</h1>")
    with pytest.raises(InvalidResponseError, match="json invalid"):
        await upstream.fetch(QUERY)
    assert telemetry.failures == {(Operation.STATS, Reason.INVALID_RESPONSE): 1}


BROKEN = [
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("gone"),
    ConnectionResetError(),
]


@pytest.mark.parametrize("error", BROKEN)
async def test_a_connection_that_broke_before_an_answer_is_tried_once_more(
    api: respx.MockRouter, upstream: Upstream, telemetry: Recorder, error: Exception
) -> None:
    api.post(URL).mock(side_effect=[error, httpx.Response(200, json=[])])
    assert await upstream.fetch(QUERY) == Stats(0, 0, {"EUR": 0})
    assert telemetry.requests == {Operation.STATS: 2}
    assert telemetry.failures == {(Operation.STATS, Reason.CONNECT): 1}


async def test_a_connection_that_breaks_twice_is_not_tried_a_third_time(
    api: respx.MockRouter, upstream: Upstream, telemetry: Recorder
) -> None:
    route = api.post(URL).mock(side_effect=httpx.ReadError("reset"))
    with pytest.raises(ConnectError):
        await upstream.fetch(QUERY)
    assert route.call_count == 2
    assert telemetry.failures == {(Operation.STATS, Reason.CONNECT): 2}


async def test_where_no_connection_comes_about_there_is_one_attempt(
    api: respx.MockRouter, upstream: Upstream
) -> None:
    route = api.post(URL).mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(ConnectError, match="no connection"):
        await upstream.fetch(QUERY)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ssl.SSLCertVerificationError(), TlsError),
        (socket.gaierror(), ConnectError),
        (aiohttp.ServerDisconnectedError(), ConnectError),
    ],
)
async def test_the_reason_comes_from_what_caused_the_client_s_error(
    telemetry: Recorder, cause: Exception, kind: type[ApiError]
) -> None:
    async def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("the transport's name for it") from cause

    with pytest.raises(kind):
        await make_upstream(fail, telemetry).fetch(QUERY)


async def test_a_call_that_is_cancelled_counts_as_a_timeout(
    api: respx.MockRouter, upstream: Upstream, telemetry: Recorder
) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    api.post(URL).mock(side_effect=never)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await upstream.fetch(QUERY)
    assert telemetry.failures == {(Operation.STATS, Reason.TIMEOUT): 1}


async def test_every_attempt_is_timed(api: respx.MockRouter, upstream: Upstream, telemetry: Recorder) -> None:
    api.post(URL).mock(side_effect=[httpx.ReadError("reset"), httpx.Response(500)])
    with pytest.raises(ApiError):
        await upstream.fetch(QUERY)
    assert len(telemetry.durations) == 2


async def test_a_body_as_large_as_allowed_is_read_and_one_byte_more_is_not(
    api: respx.MockRouter, upstream: Upstream
) -> None:
    api.post(URL).respond(content=b"[]".ljust(MAX_BODY))
    assert await upstream.fetch(QUERY) == Stats(0, 0, {"EUR": 0})
    api.post(URL).respond(content=b"[]".ljust(MAX_BODY + 1))
    with pytest.raises(InvalidResponseError, match="more than"):
        await upstream.fetch(QUERY)


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_compressed_answer_is_understood(
    api: respx.MockRouter, upstream: Upstream, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    api.post(URL).respond(content=compress(b"[]"), headers={"content-encoding": encoding})
    assert await upstream.fetch(QUERY) == Stats(0, 0, {"EUR": 0})


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(bytes(50 * MAX_BODY))), ("gzip", b"[]" * 20), ("br", b"[]")],
    ids=["bomb", "not compressed", "unknown"],
)
async def test_a_compression_that_cannot_be_bounded_or_read_is_refused(
    telemetry: Recorder, encoding: str, body: bytes
) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(body), headers={"content-encoding": encoding})

    with pytest.raises(InvalidResponseError):
        await make_upstream(answer, telemetry).fetch(QUERY)


async def test_errors_are_told_without_key_account_or_body(api: respx.MockRouter, upstream: Upstream) -> None:
    api.post(URL).respond(401, json={"message": "key-1 of account-1 is wrong"})
    with pytest.raises(UnauthorizedError) as caught:
        await upstream.fetch(QUERY)
    assert str(caught.value) == "HTTP 401"


async def test_a_rate_limit_tells_how_long_to_wait(api: respx.MockRouter, upstream: Upstream) -> None:
    api.post(URL).respond(429, headers={"retry-after": "120"})
    with pytest.raises(RateLimitedError) as caught:
        await upstream.fetch(QUERY)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 120 ", 120),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("604800", MAX_COOLDOWN),
        ("9" * 5000, MAX_COOLDOWN),
        ("Tue, 14 Nov 2023 22:15:00 GMT", 100),
        ("Tue, 14 Nov 2023 22:15:00 -0000", 100),
        ("Tue, 14 Nov 2023 22:00:00 GMT", None),
        ("Fri, 14 Nov 2093 22:00:00 GMT", MAX_COOLDOWN),
        ("Fri, 99 Nov 2093 22:00:00 GMT", None),
    ],
)
async def test_retry_after_is_seconds_or_a_date_of_an_hour_at_most(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header, NOW) == seconds
