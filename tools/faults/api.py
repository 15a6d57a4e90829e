"""An API that misbehaves on demand, query by query.

Raw sockets on a loop and a thread of its own: no HTTP library that would repair a fault, and none of the exporter's code.
Answers carry a phone number and a code that must never be seen again; error pages also echo what authenticated the request.
"""

import asyncio
import json
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tools.loopback import LoopbackServer

STATUSES = ("PENDING", "SENT", "DELIVERED", "READ", "EXPIRED", "REVOKED", "FAILED")
STATS = ("stats/last5m", "stats/lasth", "stats/last24h")
RECENT = "tdr/recent"
TDR = (*(f"tdr/{status}" for status in STATUSES), RECENT)
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


def recent_record() -> dict[str, str]:
    created = datetime.now(UTC) - timedelta(minutes=5)
    place = {"uuid": "01JV5V54KPYK9GB29265EQRZ2P", "country": "Nowhere", "network": "None"}
    return record("READ") | place | {"timestamp": created.isoformat()}


def good_body(query: str) -> bytes:
    """What the API answers on a good day; every query has numbers of its own."""
    place = QUERIES.index(query) + 1
    operation, _, name = query.partition("/")
    if operation == "stats":
        entry = {"total_requests": 10 * place, "total_transactions": 9 * place, "total_amount": 0.5 * place}
        return json.dumps([entry | {"currency": "EUR", "to": PHONE, "code": CODE}]).encode()
    if query == RECENT:
        return json.dumps({"total": 1, "list": [recent_record()]}).encode()
    return json.dumps({"total": 100 * place, "list": [record(name)]}).encode()


async def good(exchange: Exchange) -> None:
    await exchange.answer(good_body(exchange.query))


class FakeApi(LoopbackServer):
    """The API, with the query's behaviour for every request."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, greeting: Behaviour | None = None) -> None:
        """A greeting is what a new connection gets before anything was read from it."""
        super().__init__(tls=tls)
        self._greeting = greeting
        self._behaviours: Mapping[str, Behaviour] = {}
        self.asked: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.paths: set[str] = set()
        self.busy = 0
        """Connections on which an answer is being given."""

    @property
    def url(self) -> str:
        return f"{self.origin}/api"

    def behave(self) -> None:
        self._behaviours = {}

    def misbehave(self, queries: Iterable[str], behaviour: Behaviour) -> None:
        self._behaviours = dict.fromkeys(queries, behaviour)

    def forget(self) -> None:
        self.asked.clear()
        self.keys.clear()
        self.paths.clear()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._greeting is not None:
            await _until_first(self._greeting(Exchange("", "", {}, writer)), reader.read())
            return
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
        try:
            await _until_first(behaving, _until_closed(reader))
        finally:
            self.busy -= 1


async def _until_first(behaving: Awaitable[None], hanging_up: Awaitable[object]) -> None:
    """Raises ConnectionAbortedError where the other side was first."""
    tasks = [asyncio.ensure_future(behaving), asyncio.ensure_future(hanging_up)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise ConnectionAbortedError
        await tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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
    asked = body["type"] if path.endswith("stats") else body.get("filter", {}).get("status", "recent")
    return Exchange(f"{path.rpartition('/')[2]}/{asked}", path, headers, writer)
