"""What tests/integration/faults does not see of the client; statuses, bodies and Retry-After are tested there."""

import asyncio
import json
from collections.abc import Callable

import aiohttp
import httpx
import pytest
import respx

from betatel_exporter.api.client import ApiClient
from betatel_exporter.api.errors import ConnectError, Reason
from betatel_exporter.api.models import RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.transport import SENT
from betatel_exporter.api.vocabulary import Operation, Status, Window

pytestmark = pytest.mark.anyio

BASE_URL = "https://api.example/connect-hub"
QUERY = StatsQuery(Window.LAST_5_MINUTES)
NOTHING = Stats(0, 0, {"EUR": 0})


class Api:
    """An API with one outcome after the other, and what its client counts."""

    def __init__(
        self, *outcomes: bytes | Exception, sent: bool = True, key: Callable[[], str] = lambda: "key-1"
    ) -> None:
        self._sent = sent
        self._router = respx.MockRouter()
        self.route = self._router.post(url__startswith=f"{BASE_URL}/telegram/").mock(
            side_effect=[
                httpx.Response(200, content=one) if isinstance(one, bytes) else one for one in outcomes
            ]
        )
        self.counts: list[tuple[bool, Reason | None]] = []
        """Of each request that ended, whether it was sent, and why it failed."""
        self.client = ApiClient(
            httpx.MockTransport(self._handle),
            BASE_URL,
            account_id="account-1",
            key=key,
            observer=self._count,
            user_agent="betatel-exporter/test",
        )

    def _count(self, operation: Operation, seconds: float | None, reason: Reason | None) -> None:
        assert operation in Operation
        assert seconds is None or seconds > 0
        self.counts.append((seconds is not None, reason))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        request.extensions[SENT] = self._sent
        answer = await self._router.async_handler(request)
        return httpx.Response(answer.status_code, stream=httpx.ByteStream(answer.content))  # not read yet

    @property
    def requests(self) -> list[httpx.Request]:
        return [call.request for call in self.route.calls]


async def test_a_query_is_posted_to_its_own_path_with_the_account_s_credentials() -> None:
    api = Api(b"[]", b'{"total": 0, "list": []}')
    assert await api.client.fetch(QUERY) == NOTHING
    await api.client.fetch(RecordsQuery(Status.SENT))
    stats, records = api.requests
    assert stats.method == "POST"
    assert [str(stats.url), str(records.url)] == [f"{BASE_URL}/telegram/stats", f"{BASE_URL}/telegram/tdr"]
    expected = {"x-api-key": "key-1", "x-account-id": "account-1", "user-agent": "betatel-exporter/test"}
    expected |= {"content-type": "application/json", "accept-encoding": "identity"}
    assert {name: stats.headers[name] for name in expected} == expected
    assert json.loads(stats.content) == {"type": "last5m", "timezone": "UTC"}
    assert json.loads(records.content)["filter"] == {"status": "SENT"}
    assert api.counts == [(True, None)] * 2


async def test_a_changed_key_is_sent_from_the_next_request_on() -> None:
    keys = ["old", "old", "new", "old"]
    api = Api(*[b"[]"] * len(keys), key=iter(keys).__next__)
    for _ in keys:
        await api.client.fetch(QUERY)
    assert [request.headers["x-api-key"] for request in api.requests] == keys


async def test_a_connection_that_breaks_before_an_answer_is_retried_once() -> None:
    failed = (True, Reason.CONNECT)
    for error in (aiohttp.ServerDisconnectedError(), aiohttp.ClientOSError(), ConnectionResetError()):
        api = Api(error, b"[]")
        assert await api.client.fetch(QUERY) == NOTHING
        assert api.counts == [failed, (True, None)]
        api = Api(error, error, b"[]")
        with pytest.raises(ConnectError):
            await api.client.fetch(QUERY)
        assert api.counts == [failed] * 2


async def test_any_other_end_of_a_request_is_counted_and_not_retried() -> None:
    ends: list[tuple[BaseException, bool, Reason]] = [
        (aiohttp.InvalidUrlClientError("https://256.1.1.1"), False, Reason.CONNECT),
        (asyncio.CancelledError(), True, Reason.TIMEOUT),
        (MemoryError(), True, Reason.INTERNAL),
    ]
    for error, sent, reason in ends:

        def end(_: httpx.Request, error: BaseException = error) -> httpx.Response:
            raise error

        api = Api(sent=sent)
        api.route.mock(side_effect=end)
        with pytest.raises((ConnectError, asyncio.CancelledError, MemoryError)):
            await api.client.fetch(QUERY)
        assert api.counts == [(sent, reason)]
