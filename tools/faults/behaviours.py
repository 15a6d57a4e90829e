"""How an API may misbehave: each function answers one request wrongly, or never."""

import asyncio
import gzip
import json
from collections.abc import Callable

from tools.faults.api import CODE, PHONE, Behaviour, Exchange

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
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


def rate_limited(retry_after: str | Callable[[], str]) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        value = retry_after if isinstance(retry_after, str) else retry_after()
        await exchange.answer(b"{}", "429 Too Many Requests", f"Retry-After: {value}\r\n")

    return behave


async def hang_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def silence(_: Exchange) -> None:
    await asyncio.Event().wait()


async def reset(exchange: Exchange) -> None:
    await asyncio.sleep(0.02)  # or what was sent before would be lost with the connection
    exchange.reset()


def raw(content: bytes, then: Behaviour = hang_up) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(content)
        await then(exchange)

    return behave


def slowly(repeated: bytes, pause: float, first: bytes = b"") -> Behaviour:
    """The same bytes every few seconds, without end."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(first)
        while True:
            await exchange.send(repeated)
            await asyncio.sleep(pause)

    return behave


def full_speed(repeated: bytes, first: bytes = b"") -> Behaviour:
    """The same bytes again and again, as fast as the connection takes them."""
    return slowly(repeated * (65_536 // len(repeated) + 1), 0, first)


trickle = slowly(b" ", 0.02, OK + b"Content-Length: 100000\r\n\r\n")
endless = full_speed(b" ", OK + b"Content-Length: 52428800\r\n\r\n[")


gzip_bomb = body(gzip.compress(bytes(20_000_000)), headers=GZIP)
