"""How an API may misbehave: each function answers one request wrongly, or never."""

import asyncio
import functools
import gzip
import json
import zlib
from collections.abc import Callable

from tools.faults.api import CODE, PHONE, STATUSES, Behaviour, Exchange, good_body, record

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
GZIP = "Content-Encoding: gzip\r\n"


def body(content: bytes, headers: str = "Content-Type: application/json\r\n") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(content, headers=headers)

    return behave


def document(value: object) -> Behaviour:
    return body(json.dumps(value).encode())


def status(code: int, headers: str = "") -> Behaviour:
    """An error whose page echoes the request's secrets, as debugging servers do."""

    async def behave(exchange: Exchange) -> None:
        page = f"<h1>{code}</h1><pre>{dict(exchange.headers)} {PHONE} {CODE}</pre>"
        await exchange.answer(page.encode(), f"{code} Something", f"Content-Type: text/html\r\n{headers}")

    return behave


def rate_limited(retry_after: Callable[[], str]) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(b"{}", "429 Too Many Requests", f"Retry-After: {retry_after()}\r\n")

    return behave


def raw(*pieces: bytes, pause: float = 0.0, close: bool = True) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        for piece in pieces:
            await exchange.send(piece)
            await asyncio.sleep(pause)
        if close:
            exchange.writer.close()
        else:
            await asyncio.Event().wait()

    return behave


def changed(**fields: object) -> Behaviour:
    """The good answer with some of its fields replaced."""

    async def behave(exchange: Exchange) -> None:
        answer = json.loads(good_body(exchange.query))
        entry = answer[0] if isinstance(answer, list) else answer
        entry.update({name: value for name, value in fields.items() if name in entry})
        await exchange.answer(json.dumps(answer).encode())

    return behave


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def silence(_: Exchange) -> None:
    await asyncio.Event().wait()


async def trickle(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await exchange.send(b" ")
        await asyncio.sleep(0.02)


async def interim_responses(exchange: Exchange) -> None:
    while True:
        await exchange.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(0.1)


async def truncated(exchange: Exchange) -> None:
    content = good_body(exchange.query)
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content[:-9]))
    exchange.writer.close()


async def truncated_chunks(exchange: Exchange) -> None:
    content = good_body(exchange.query)
    chunk = b"%x\r\n%b\r\n" % (len(content), content)
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    exchange.writer.close()


async def reset_in_the_body(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[")
    await asyncio.sleep(0.05)
    exchange.reset()


async def fifty_megabytes(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n[" % (50 * MEGABYTE))
    for _ in range(50 * 16):
        await exchange.send(b" " * (MEGABYTE // 16))


def full_speed(repeated: bytes, first: bytes = b"") -> Behaviour:
    """The same bytes again and again, as fast as the connection takes them."""
    block = repeated * (64 * KILOBYTE // len(repeated) + 1)

    async def behave(exchange: Exchange) -> None:
        await exchange.send(first)
        while True:
            await exchange.send(block)

    return behave


def endless_chunks(size: int) -> Behaviour:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return full_speed(b"%x\r\n%b\r\n" % (size, b" " * size), head)


bytes_after_gzip = full_speed(bytes(64), b"HTTP/1.1 200 OK\r\n%b\r\n" % GZIP.encode() + gzip.compress(b"[]"))
endless_headers = full_speed(b"X-Padding: " + b"x" * 1000 + b"\r\n", b"HTTP/1.1 200 OK\r\n")
endless_status_line = full_speed(b"x", b"HTTP/1.1 200 ")


async def another_status(exchange: Exchange) -> None:
    asked = exchange.query.partition("/")[2]
    other = next(status for status in STATUSES if status != asked)
    await exchange.answer(json.dumps({"total": 4711, "list": [record(other)]}).encode())


@functools.cache
def _two_hundred_megabytes() -> bytes:
    packer = zlib.compressobj(wbits=31)
    blank = b" " * MEGABYTE
    return b"".join([*(packer.compress(blank) for _ in range(200)), packer.flush()])


async def gzip_bomb(exchange: Exchange) -> None:
    await exchange.answer(_two_hundred_megabytes(), headers=GZIP)
