"""The API at a constant latency and hardly any cost, in a process of its own: python -m tools.bench.upstream CERTIFICATE.

The first part of the path is the latency in milliseconds, so that one server serves every measurement:
``POST /100/telegram/stats`` answers after 100 ms. ``GET /calls`` returns how many queries there were.
"""

import asyncio
import json
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from betatel_exporter.web.server import run
from tools.bench.queries import STATUSES

PAGES, ROWS, SPACING = 3, 100, timedelta(seconds=6)
"""Recent records: half an hour of them, so that an exporter that allows three pages reads three."""


def _answer(content: object) -> bytes:
    body = json.dumps(content).encode()
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )


def _page(records: list[dict[str, Any]], number: int, total: int) -> bytes:
    paging = {"sort_by": "timestamp", "sort_direction": "DESC", "rows_per_page": len(records)}
    return _answer(
        paging | {"page": number, "total": total, "total_pages": total // len(records), "list": records}
    )


def _record(number: int, status: str, newest: datetime) -> dict[str, Any]:
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


class Answers:
    """All answers, made once."""

    def __init__(self, now: datetime) -> None:
        entry = {"total_requests": 1200, "total_transactions": 1100, "total_amount": 55.25, "currency": "EUR"}
        self.stats = _answer([entry])
        self.of_status = {
            f'"{status}"'.encode(): _page([_record(0, status, now)], 1, 243) for status in STATUSES
        }
        recent = [_record(number, STATUSES[2 + number % 5], now) for number in range(PAGES * ROWS)]
        self.pages = [_page(recent[page * ROWS :][:ROWS], page + 1, len(recent)) for page in range(PAGES)]
        self.calls = 0

    def to(self, path: bytes, body: bytes) -> bytes:
        self.calls += 1
        if path.endswith(b"stats"):
            return self.stats
        for status, answer in self.of_status.items():
            if status in body:
                return answer
        page: int = json.loads(body)["page"]
        return self.pages[page - 1]


class Api(asyncio.Protocol):
    """One connection; requests of well-behaved clients, one after the other."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._received = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= _content_length(head):
            self._received = b""
            self._respond(head, body)

    def _respond(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET "):
            self._transport.write(_answer(self._answers.calls))
            return
        _, milliseconds, path = head.split(b" ", 2)[1].split(b"/", 2)
        answer = self._answers.to(path, body)
        if int(milliseconds):
            self._loop.call_later(int(milliseconds) / 1000, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def serve(tls: ssl.SSLContext, ready: Callable[[int, int], None]) -> None:
    """Plain HTTP and TLS on two ports, until cancelled."""
    loop = asyncio.get_running_loop()
    protocol = partial(Api, Answers(datetime.now(UTC)))
    plain = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
    secure = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls, backlog=4096)
    ready(plain.sockets[0].getsockname()[1], secure.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


def main(certificate: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)

    def ready(*ports: int) -> None:
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()

    run(serve(tls, ready))


if __name__ == "__main__":
    main(*sys.argv[1:])
