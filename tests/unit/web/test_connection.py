"""Connections over real sockets, with a trivial app; time passes when the listener is asked to check."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from betatel_exporter.web.connection import (
    IDLE_SECONDS,
    REQUEST_BYTES,
    REQUEST_LINES,
    REQUEST_SECONDS,
    UNREAD_SECONDS,
    Connection,
)
from betatel_exporter.web.listener import MAX_CONNECTIONS, Listener

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: exporter\r\n"
POST = b"POST / HTTP/1.1\r\nHost: exporter\r\n"
FULL = GET + b"\r\n"
HERE, THERE = "127.0.0.1", "127.0.0.2"


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.closed = reader.at_eof

    async def send(self, *parts: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                self._writer.write(part)
                await self._writer.drain()
                await asyncio.sleep(0.01)

    async def read(self) -> bytes:
        """All that comes until the exporter closes, or b"" where it aborts."""
        try:
            async with asyncio.timeout(60):
                return await self._reader.read()
        except ConnectionError:
            return b""

    async def is_served(self, request: bytes = FULL) -> bool:
        self._writer.write(request)
        async with asyncio.timeout(60):
            head = await self._reader.readuntil(b"\r\n\r\n")
            await self._reader.readexactly(2)
            return b"200 OK" in head


class Running:
    def __init__(self, listening: socket.socket) -> None:
        self.body = "ok"
        self.released = asyncio.Event()
        """Answers wait for it."""
        self.released.set()
        self.requests = 0
        config = uvicorn.Config(
            self._app, interface="asgi3", proxy_headers=False, log_config=None, access_log=False
        )
        config.h11_max_incomplete_event_size = REQUEST_BYTES
        config.load()
        state = ServerState()
        self.listener = Listener(lambda client: Connection(config, state, {}, client), None)
        self._port = listening.getsockname()[1]
        self._clients: list[Client] = []

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        await self.released.wait()
        await PlainTextResponse(self.body)(scope, receive, send)

    async def connect(self, source: str = HERE) -> Client:
        client = Client(*await asyncio.open_connection(HERE, self._port, local_addr=(source, 0)))
        self._clients.append(client)
        return client

    async def answer(self, *parts: bytes) -> bytes:
        client = await self.connect()
        await client.send(*parts)
        return await client.read()

    def after(self, seconds: float) -> None:
        self.listener.check(asyncio.get_running_loop().time() + seconds)

    def disconnect(self) -> None:
        for client in self._clients:
            client._writer.transport.abort()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  the state of a connection has no Event
            await asyncio.sleep(0.005)


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    with socket.create_server((HERE, 0), backlog=1024) as listening:
        running = Running(listening)
        accepting = asyncio.create_task(running.listener.accept(listening))
        yield running
        running.disconnect()
        accepting.cancel()
        await running.listener.aclose()


async def test_a_head_that_is_too_large_is_refused_and_one_of_almost_the_limit_is_served(
    server: Running,
) -> None:
    for name, parts in {
        "a long header": [GET, b"a: " + b"x" * REQUEST_BYTES],
        "many headers": [GET, b"a:\r\n" * REQUEST_LINES],
        "many pieces": [GET, *[b"a: " + b"x" * 2000 + b"\r\n"] * 17],
        "a long target": [b"GET /" + b"x" * REQUEST_BYTES],
        "no end of line": [b"x" * (REQUEST_BYTES + 1)],
        "a large head that is complete": [GET + b"a: " + b"x" * REQUEST_BYTES + b"\r\n\r\n"],
    }.items():
        assert (await server.answer(*parts))[:12] == b"HTTP/1.1 431", name
    assert server.requests == 0
    client = await server.connect()
    for headers in (b"a: " + b"x" * (REQUEST_BYTES - 100) + b"\r\n", b"a:\r\n" * (REQUEST_LINES - 4)):
        for _ in range(5):
            assert await client.is_served(GET + headers + b"\r\n")
    for _ in range(3):
        assert await client.is_served(POST + b"Content-Length: 3\r\n\r\n")
        await client.send(b"a=b")  # the connection is kept


@pytest.mark.parametrize("length", [b"Content-Length: 100000000\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_is_not_read_and_one_that_goes_on_ends_the_connection(
    server: Running, length: bytes
) -> None:
    await server.answer(POST + length + b"\r\n", b"8000\r\n" + b"x" * REQUEST_BYTES, b"x" * REQUEST_BYTES)
    assert server.requests == 1
    client = await server.connect()
    assert await client.is_served(POST + length + b"\r\n")
    server.after(REQUEST_SECONDS + 1)
    assert await client.read() == b""


async def test_pipelined_requests_are_answered_one_after_the_other(server: Running) -> None:
    server.released.clear()
    client = await server.connect()
    await client.send(FULL * 20)
    await until(lambda: server.requests == 1)
    server.released.set()
    for _ in range(20):
        assert await client.is_served(b"")
    assert server.requests == 20


async def test_a_request_has_its_time_from_its_first_byte_and_an_idle_connection_more(
    server: Running,
) -> None:
    for sent in (b"", b"GE", GET):
        client = await server.connect()
        await client.send(sent)
        server.after(REQUEST_SECONDS - 1)
        await client.send(sent[:1])  # which gives no more time
        assert not client.closed()
        server.after(REQUEST_SECONDS + 1)
        assert await client.read() == b"", sent
    client = await server.connect()
    assert await client.is_served()
    server.after(IDLE_SECONDS - 1)
    assert await client.is_served()
    server.after(IDLE_SECONDS + 1)
    assert await client.read() == b""


async def test_a_response_may_take_any_time_but_must_be_read(server: Running) -> None:
    server.released.clear()
    server.body = "x" * 20_000_000
    client = await server.connect()
    await client.send(FULL)
    await until(lambda: server.requests == 1)
    server.after(IDLE_SECONDS + 1)
    server.released.set()
    await asyncio.sleep(0.1)
    server.after(0)
    server.after(UNREAD_SECONDS - 1)
    assert not client.closed()
    server.after(UNREAD_SECONDS + 1)
    assert 0 < len(await client.read()) < 20_000_000


async def test_nonsense_is_answered_or_ends_the_connection_and_logs_no_error(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where it comes while a request before it is being answered."""
    chunked = GET + b"Transfer-Encoding: chunked\r\n\r\n"
    for held in (False, True):
        for parts in (
            [b"nonsense\r\n\r\n"],
            [b"GET / HTTP/x\r\n\r\n"],
            [GET + b"Content-Length: x\r\n\r\n"],
            [chunked + b"nonsense\r\n"],
            [chunked, b"nonsense\r\n"],
            [FULL + b"nonsense\r\n\r\n"],
            [FULL, b"nonsense\r\n\r\n" * 2000],
            [b"\r\n" * 200],
            [GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
        ):
            if held:
                server.released.clear()
            asyncio.get_running_loop().call_later(0.05, server.released.set)
            answered = (await server.answer(*parts))[:12]
            assert answered in {b"", b"HTTP/1.1 400", b"HTTP/1.1 200", b"HTTP/1.1 431"}, parts
    assert [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info] == []


async def test_idle_connections_of_one_address_keep_no_other_out(server: Running) -> None:
    idle = [await server.connect(THERE) for _ in range(MAX_CONNECTIONS + 50)]
    few = [await server.connect(HERE) for _ in range(3)]
    client = await server.connect(HERE)
    assert await client.is_served()
    idle += [await server.connect(THERE) for _ in range(50)]
    assert await client.is_served()
    assert not any(one.closed() for one in few)
    closed = [one.closed() for one in idle]
    assert sum(closed) >= 100
    assert closed == sorted(closed, reverse=True)  # the oldest first


async def test_connections_that_are_being_answered_are_kept(server: Running) -> None:
    server.released.clear()
    for _ in range(MAX_CONNECTIONS):
        (await server.connect(THERE))._writer.write(FULL)
    await until(lambda: server.requests == MAX_CONNECTIONS)
    refused = await server.connect(HERE)
    assert await refused.read() == b""
    server.released.set()
