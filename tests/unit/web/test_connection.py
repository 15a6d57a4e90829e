"""Connections over real sockets, with a trivial app; time passes as the listener is asked to check."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

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
FULL = GET + b"\r\n"
HERE, THERE = "127.0.0.1", "127.0.0.2"


@dataclass
class Running:
    port: int
    listener: Listener
    body: str = "ok"
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers wait for it."""
    seconds: float = 0
    """Further time that an answer takes."""
    requests: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        await self.released.wait()
        await asyncio.sleep(self.seconds)
        await PlainTextResponse(self.body)(scope, receive, send)

    async def connect(self, source: str = HERE) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(HERE, self.port, local_addr=(source, 0))
        self._writers.append(writer)
        return reader, writer

    async def send(self, *parts: bytes) -> bytes:
        """All that comes back until the exporter closes, or b"" where it aborts."""
        reader, writer = await self.connect()
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
        return await read(reader)

    def disconnect(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def after(self, seconds: float) -> None:
        self.listener.check(asyncio.get_running_loop().time() + seconds)


async def read(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The head of an answer."""
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2)
        return head


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  the state of a connection has no Event
            await asyncio.sleep(0.005)


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    config = uvicorn.Config(
        "",
        interface="asgi3",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        h11_max_incomplete_event_size=REQUEST_BYTES,
    )
    state = ServerState()
    listener = Listener(lambda client: Connection(config, state, {}, client), None)
    with socket.create_server((HERE, 0), backlog=1024) as listening:
        running = Running(listening.getsockname()[1], listener)
        running.released.set()
        config.app = running.app
        config.load()
        accepting = asyncio.create_task(listener.accept(listening))
        yield running
        running.disconnect()
        accepting.cancel()
        await listener.aclose()


TOO_LARGE = {
    "a long header": [GET, b"a: " + b"x" * REQUEST_BYTES],
    "many headers": [GET, b"a:\r\n" * REQUEST_LINES],
    "many pieces": [GET, *[b"a: " + b"x" * 2000 + b"\r\n"] * 17],
    "a long target": [b"GET /" + b"x" * REQUEST_BYTES],
    "no end of line": [b"x" * (REQUEST_BYTES + 1)],
    "a large head that is complete": [GET + b"a: " + b"x" * REQUEST_BYTES + b"\r\n\r\n"],
}


async def test_a_head_that_is_too_large_is_refused(server: Running) -> None:
    answers = {name: await server.send(*parts) for name, parts in TOO_LARGE.items()}

    assert {name: text[:12] for name, text in answers.items()} == dict.fromkeys(TOO_LARGE, b"HTTP/1.1 431")
    assert server.requests == 0


async def test_a_head_of_almost_the_limit_is_served_and_so_are_many_on_one_connection(
    server: Running,
) -> None:
    reader, writer = await server.connect()
    for _ in range(5):
        writer.write(GET + b"a: " + b"x" * (REQUEST_BYTES - 100) + b"\r\n\r\n")
        assert b"200 OK" in await answer(reader)
    for _ in range(5):
        writer.write(GET + b"a:\r\n" * (REQUEST_LINES - 4) + b"\r\n")
        assert b"200 OK" in await answer(reader)


@pytest.mark.parametrize("length", [b"Content-Length: 100000000\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_is_not_read_and_one_that_goes_on_ends_the_connection(
    server: Running, length: bytes
) -> None:
    post = b"POST / HTTP/1.1\r\nHost: exporter\r\n" + length + b"\r\n"

    text = await server.send(post, b"8000\r\n" + b"x" * REQUEST_BYTES, b"x" * REQUEST_BYTES)

    assert server.requests == 1
    assert text in {b"", text}
    reader, writer = await server.connect()
    writer.write(post)
    assert b"200 OK" in await answer(reader)
    server.after(REQUEST_SECONDS + 1)
    assert await read(reader) == b""


async def test_a_small_body_keeps_the_connection(server: Running) -> None:
    reader, writer = await server.connect()
    for _ in range(3):
        writer.write(b"POST / HTTP/1.1\r\nHost: exporter\r\nContent-Length: 3\r\n\r\n")
        assert b"200 OK" in await answer(reader)
        writer.write(b"a=b")
    writer.write(FULL)
    assert b"200 OK" in await answer(reader)
    server.after(IDLE_SECONDS - 1)
    writer.write(FULL)
    assert b"200 OK" in await answer(reader)


async def test_pipelined_requests_are_answered_one_after_the_other(server: Running) -> None:
    server.released.clear()
    reader, writer = await server.connect()
    writer.write(FULL * 20)
    await until(lambda: server.requests == 1)
    server.released.set()
    for _ in range(20):
        assert b"200 OK" in await answer(reader)
    assert server.requests == 20


@pytest.mark.parametrize("sent", [b"", b"GE", GET])
async def test_a_request_that_is_not_complete_in_time_ends_the_connection(
    server: Running, sent: bytes
) -> None:
    reader, writer = await server.connect()
    writer.write(sent)
    await asyncio.sleep(0.05)
    server.after(REQUEST_SECONDS - 1)
    writer.write(sent[:1])  # which gives no more time
    await asyncio.sleep(0.05)
    assert not reader.at_eof()
    server.after(REQUEST_SECONDS + 1)
    assert await read(reader) == b""


async def test_an_idle_connection_ends_later_than_one_that_never_asked(server: Running) -> None:
    reader, writer = await server.connect()
    writer.write(FULL)
    assert b"200 OK" in await answer(reader)
    server.after(REQUEST_SECONDS + 1)
    writer.write(FULL)
    assert b"200 OK" in await answer(reader)
    server.after(IDLE_SECONDS + 1)
    assert await read(reader) == b""


async def test_an_answer_may_take_any_time(server: Running) -> None:
    server.released.clear()
    reader, writer = await server.connect()
    writer.write(FULL)
    await until(lambda: server.requests == 1)
    server.after(IDLE_SECONDS + 1)
    server.released.set()
    assert b"200 OK" in await answer(reader)


async def test_an_answer_that_is_not_read_ends_the_connection(server: Running) -> None:
    server.body = "x" * 20_000_000
    reader, writer = await server.connect()
    writer.write(FULL)
    await until(lambda: server.requests == 1)
    await asyncio.sleep(0.1)
    server.after(0)
    server.after(UNREAD_SECONDS - 1)
    server.after(UNREAD_SECONDS + 1)
    assert len(await read(reader)) < 20_000_000


@pytest.mark.parametrize("seconds", [0, 0.05])
async def test_nonsense_is_answered_or_ends_the_connection_and_is_no_error_in_the_log(
    server: Running, caplog: pytest.LogCaptureFixture, seconds: float
) -> None:
    """Also where it comes while a request before it is being answered."""
    server.seconds = seconds
    chunked = GET + b"Transfer-Encoding: chunked\r\n\r\n"
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
        answered = (await server.send(*parts))[:12]
        assert answered in {b"", b"HTTP/1.1 400", b"HTTP/1.1 200", b"HTTP/1.1 431"}, parts
    assert [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info] == []


async def open_many(server: Running, number: int, source: str) -> list[asyncio.StreamReader]:
    return [(await server.connect(source))[0] for _ in range(number)]


async def test_idle_connections_of_one_address_keep_no_other_out(server: Running) -> None:
    idle = await open_many(server, MAX_CONNECTIONS + 50, THERE)
    few = await open_many(server, 3, HERE)
    reader, writer = await server.connect(HERE)
    writer.write(FULL)
    assert b"200 OK" in await answer(reader)
    await open_many(server, 50, THERE)
    writer.write(FULL)
    assert b"200 OK" in await answer(reader)
    assert not any(reader.at_eof() for reader in few)
    closed = [reader.at_eof() for reader in idle]
    assert sum(closed) >= 100
    assert closed == sorted(closed, reverse=True)  # the oldest first


async def test_connections_that_are_being_answered_are_kept(server: Running) -> None:
    server.released.clear()
    for _ in range(MAX_CONNECTIONS):
        _, writer = await server.connect(THERE)
        writer.write(FULL)
    await until(lambda: server.requests == MAX_CONNECTIONS)
    refused, _ = await server.connect(HERE)
    assert await read(refused) == b""
    server.released.set()
