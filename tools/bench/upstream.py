"""The API at a constant latency and at little cost, in a process of its own: python -m tools.bench.upstream CERTIFICATE.

The first part of the path is the latency in milliseconds, so that one server serves every measurement:
``POST /100/telegram/stats`` answers after 100 ms. ``GET /calls`` returns how many queries there were.
"""

import asyncio
import json
import ssl
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

from betatel_exporter.api.vocabulary import Status
from betatel_exporter.web.server import run

PAGES, ROWS, SPACING = 3, 100, timedelta(seconds=6)
"""Recent records: half an hour of them, so that an exporter that allows three pages reads three."""


def _response(content: object) -> bytes:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _record(number: int, status: str, newest: datetime) -> dict[str, object]:
    return {
        "uuid": f"01JV5V54KPYK9GB29265{number:06d}",
        "to": f"+000{number:07d}",
        "code": "000000",
        "status": status,
        "request_id": "187259537046478",
        "country": "Nowhere",
        "country_code": 0,
        "network": f"Network {number % 20}",
        "timestamp": (newest - number * SPACING).isoformat(timespec="milliseconds"),
    }


class Responses:
    """All of them, made once."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        entry = {"total_requests": 1200, "total_transactions": 1100, "total_amount": 55.25, "currency": "EUR"}
        self._stats = _response([entry])
        self._newest = {
            f'"{status}"'.encode(): _response({"total": 243, "list": [_record(0, status, now)]})
            for status in Status
        }
        statuses = [status for status in Status if not status.in_flight]
        recent = [_record(number, statuses[number % 5], now) for number in range(PAGES * ROWS)]
        self._pages = [
            _response({"total": len(recent), "list": recent[start : start + ROWS]})
            for start in range(0, len(recent), ROWS)
        ]
        self.calls = 0

    def to(self, path: bytes, body: bytes) -> bytes:
        self.calls += 1
        if path.endswith(b"stats"):
            return self._stats
        for status, response in self._newest.items():
            if status in body:
                return response
        page: int = json.loads(body)["page"]
        return self._pages[page - 1]


class Api(asyncio.Protocol):
    """One connection; requests of well-behaved clients, one after the other."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        if end and len(body) >= int(length):
            self._received = b""
            self._respond(head.split(b" ", 2)[1], body)

    def _respond(self, path: bytes, body: bytes) -> None:
        if path == b"/calls":
            self._transport.write(_response(self._responses.calls))
            return
        milliseconds = int(path.split(b"/")[1])
        response = self._responses.to(path, body)
        if milliseconds:
            asyncio.get_running_loop().call_later(milliseconds / 1000, self._transport.write, response)
        else:
            self._transport.write(response)


async def serve(certificate: str) -> None:
    """Plain HTTP and TLS on two ports, which it prints, until cancelled."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    protocol = partial(Api, Responses())
    servers = [
        await loop.create_server(protocol, "127.0.0.1", 0, ssl=context, backlog=4096)
        for context in (None, tls)
    ]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(serve(*sys.argv[1:]))
