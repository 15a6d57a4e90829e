"""The API as a benchmark needs it: constant latency at hardly any cost, in a process of its own.

The first part of the path is the latency in milliseconds, so that one server serves every measurement:
``POST /100/telegram/stats`` answers after 100 ms. ``GET /calls`` tells how many queries have been asked.
"""

import argparse
import asyncio
import json
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

from betatel_exporter.web.server import run

STATS = json.dumps(
    [{"total_requests": 1200, "total_transactions": 1100, "total_amount": 55.25, "currency": "EUR"}]
)
ROWS, PAGES = 100, 3


def _page(number: int, rows: int, total: int, records: list[dict[str, object]]) -> str:
    paging = {
        "page": number,
        "rows_per_page": rows,
        "sort_by": "timestamp",
        "sort_direction": "DESC",
        "total": total,
        "total_pages": total // rows,
        "has_next_page": True,
        "has_previous_page": number > 1,
    }
    return json.dumps(paging | {"list": records})


def _record(status: str, serial: int = 0) -> dict[str, object]:
    """A record that was created six seconds before the one before it."""
    created = datetime.now(UTC) - timedelta(seconds=6 * serial)
    return {
        "uuid": f"01JV5V54KPYK9GB29265EQ{serial:04d}",
        "to": f"+000{serial:07d}",
        "code": "000000",
        "status": status,
        "request_id": "187259537046478",
        "country": "Nowhere",
        "country_code": 0,
        "network": f"Network {serial % 20}",
        "timestamp": created.isoformat(timespec="milliseconds"),
    }


STATUSES = (b"PENDING", b"SENT", b"DELIVERED", b"READ", b"EXPIRED", b"REVOKED", b"FAILED")


def _answer(body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


STATS_ANSWER = _answer(STATS)
RECORDS_ANSWERS = {status: _answer(_page(1, 1, 243, [_record(status.decode())])) for status in STATUSES}
RECENT_ANSWERS = {
    number: _answer(
        _page(number + 1, ROWS, ROWS * PAGES, [_record("READ", number * ROWS + row) for row in range(ROWS)])
    )
    for number in range(PAGES)
}


class Calls:
    """Queries asked so far."""

    def __init__(self) -> None:
        self.count = 0


class Api(asyncio.Protocol):
    """One connection; requests of well-behaved clients, one after the other."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
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
            self._transport.write(_answer(str(self._calls.count)))
            return
        self._calls.count += 1
        _, milliseconds, path = head.split(b" ", 2)[1].split(b"/", 2)
        answer = STATS_ANSWER if path.endswith(b"stats") else _records(body)
        if int(milliseconds):
            self._loop.call_later(int(milliseconds) / 1000, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def _records(body: bytes) -> bytes:
    for status, answer in RECORDS_ANSWERS.items():
        if b'"%s"' % status in body:
            return answer
    page: int = json.loads(body)["page"]
    return RECENT_ANSWERS[(page - 1) % PAGES]


async def serve(tls: ssl.SSLContext | None, ready: Callable[[int, int | None], None]) -> None:
    """Plain HTTP and, where there is a certificate, TLS beside it; until cancelled."""
    loop = asyncio.get_running_loop()
    protocol = partial(Api, Calls())
    plain = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
    secure = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls, backlog=4096) if tls else None
    ready(_port(plain), _port(secure) if secure else None)
    await asyncio.Event().wait()


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.upstream", description=__doc__)
    parser.add_argument("--certificate", help="PEM file of certificate and key; TLS on a second port")
    certificate = parser.parse_args().certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if certificate else None
    if tls:
        tls.load_cert_chain(certificate)

    def ready(*ports: int | None) -> None:
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()

    run(serve(tls, ready))


if __name__ == "__main__":
    main()
