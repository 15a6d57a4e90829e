"""An API that misbehaves on demand, query by query.

Raw sockets on a loop and a thread of its own: no HTTP library that would mend a fault, and nothing of the exporter's code.
Answers carry a phone number and a code that must never be seen again; error pages also echo what authenticated the request.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

STATUSES = ("PENDING", "SENT", "DELIVERED", "READ", "EXPIRED", "REVOKED", "FAILED")
STATS = ("stats/last5m", "stats/lasth", "stats/last24h")
TDR = tuple(f"tdr/{status}" for status in STATUSES)
QUERIES = (*STATS, *TDR)

KEY = "k3y-that-must-stay-hidden"
ACCOUNT_ID = "acc0un7-that-must-stay-hidden"
PHONE = "+38761555123"
CODE = "918273645"
SECRETS = (KEY, ACCOUNT_ID, PHONE, PHONE.removeprefix("+"), CODE)

Headers = Mapping[str, str]


@dataclass
class Exchange:
    """One request that was read, and the connection to answer it on."""

    query: str
    path: str
    headers: Headers
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0)  # drain alone would not let the other connections have their turn

    async def answer(
        self, body: bytes, status: str = "200 OK", headers: str = "Content-Type: application/json\r\n"
    ) -> None:
        head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        await self.send(head.encode("latin-1") + body)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


def record(status: str) -> dict[str, str]:
    return {"status": status, "timestamp": "2026-01-02T03:04:05.678+00:00", "to": PHONE, "code": CODE}


def good_body(query: str) -> bytes:
    """What the API answers on a good day; every query has numbers of its own."""
    place = QUERIES.index(query) + 1
    operation, _, name = query.partition("/")
    if operation == "stats":
        entry = {"total_requests": 10 * place, "total_transactions": 9 * place, "total_amount": 0.5 * place}
        return json.dumps([entry | {"currency": "EUR", "to": PHONE, "code": CODE}]).encode()
    return json.dumps({"total": 100 * place, "list": [record(name)]}).encode()


async def good(exchange: Exchange) -> None:
    await exchange.answer(good_body(exchange.query))


class Injector:
    """Serves until the end of its `with` block."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, greeting: Behaviour | None = None) -> None:
        """A greeting is what a new connection gets before anything was read from it."""
        self._tls = tls
        self.greeting = greeting
        self._behaviours: Mapping[str, Behaviour] = {}
        self.asked: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.paths: set[str] = set()
        self.open = 0
        """Connections that are open."""
        self.busy = 0
        """Connections on which an answer is being given."""
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="injector")
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/api"

    def behave(self) -> None:
        self._behaviours = {}
        self.greeting = None

    def misbehave(self, queries: Iterable[str], behaviour: Behaviour) -> None:
        self._behaviours = dict.fromkeys(queries, behaviour)

    def forget(self) -> None:
        self.asked.clear()
        self.keys.clear()
        self.paths.clear()

    def call(self, function: Callable[[], object]) -> None:
        """Run in the injector's thread."""
        self._loop.call_soon_threadsafe(function)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket, ssl=self._tls)
        self._ready.set()
        await self._stop.wait()
        server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                await self._talk(reader, writer)
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.greeting is not None:
            await self.greeting(Exchange("", "", {}, writer))
        while True:
            exchange = await _read(reader, writer)
            self.asked[exchange.query] += 1
            self.paths.add(exchange.path)
            self.keys.add(exchange.headers.get("x-api-key", ""))
            behaviour = self._behaviours.get(exchange.query, good)
            await self._watched(reader, behaviour(exchange))
            if writer.transport.is_closing():
                return

    async def _watched(self, reader: asyncio.StreamReader, behaving: Awaitable[None]) -> None:
        """Behave until done or until the other side hangs up, and count it as busy meanwhile."""
        self.busy += 1
        acting = asyncio.ensure_future(behaving)
        hanging_up = asyncio.ensure_future(_until_closed(reader))
        try:
            await asyncio.wait((acting, hanging_up), return_when=asyncio.FIRST_COMPLETED)
            if acting.done():
                acting.result()
            else:
                raise ConnectionAbortedError
        finally:
            for task in (acting, hanging_up):
                task.cancel()
            await asyncio.gather(acting, hanging_up, return_exceptions=True)
            self.busy -= 1


async def _until_closed(reader: asyncio.StreamReader) -> None:
    """An exporter that waits for an answer sends nothing; when the stream ends, it has hung up."""
    while not reader.at_eof() and reader.exception() is None:  # noqa: ASYNC110  reading would take the next request's bytes
        await asyncio.sleep(0.005)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.strip().split("\r\n")
    _, path, _ = request.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = json.loads(await reader.readexactly(int(headers["content-length"])))
    asked = body["type"] if path.endswith("stats") else body["filter"]["status"]
    return Exchange(f"{path.rpartition('/')[2]}/{asked}", path, headers, writer)
