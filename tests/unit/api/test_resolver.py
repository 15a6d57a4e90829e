import asyncio
import socket
import threading
from typing import Any

import pytest

from betatel_exporter.api.resolver import Resolver

pytestmark = pytest.mark.anyio

V4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))
V6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0))


async def test_every_address_of_a_name_is_returned_with_the_port() -> None:
    found = await Resolver(lambda *_, **__: [V6, V4]).resolve("api.example", 443)
    addresses = [(one["host"], one["port"], one["family"]) for one in found]
    assert addresses == [("2001:db8::1", 443, socket.AF_INET6), ("192.0.2.1", 443, socket.AF_INET)]


async def test_a_name_that_cannot_exist_is_an_oserror() -> None:
    with pytest.raises(OSError):  # noqa: PT011  its errno differs between systems
        await Resolver().resolve("a" * 64 + ".invalid")


async def test_hung_names_delay_no_other_and_are_looked_up_once() -> None:
    released = threading.Event()
    asked: list[str] = []

    def lookup(host: str, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        if host.startswith("hung"):
            released.wait()
        return [V4]

    resolver = Resolver(lookup)
    hung = [asyncio.ensure_future(resolver.resolve(f"hung-{n % 40}.example")) for n in range(80)]
    try:
        for n in range(100):
            assert await resolver.resolve(f"{n}.example")
        hung[0].cancel()
        assert not any(one.done() for one in hung[1:])
        assert sum(host.startswith("hung") for host in asked) == 40
        threads = [one for one in threading.enumerate() if one.name.startswith("resolve hung")]
        assert all(thread.daemon for thread in threads)
    finally:
        released.set()
    assert len(await asyncio.gather(*hung[1:])) == 79
    await resolver.resolve("hung-1.example")
    assert asked.count("hung-1.example") == 2
