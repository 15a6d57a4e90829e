"""Name resolution in which a lookup that hangs delays no other."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Lookup = Callable[..., Sequence[tuple[Any, ...]]]
Found = list[ResolveResult]


class Resolver(AbstractResolver):
    """The system's name resolution, with a thread for each name that is being looked up.

    A lookup cannot be cancelled. In the event loop's own thread pool, a few lookups that hang would delay all others, and
    the exit of the process. These threads are daemons, one for each host name of the configuration at most. A resolver
    library could cancel, but would not follow nsswitch.conf.
    """

    def __init__(self, lookup: Lookup = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._lookups: dict[tuple[str, int], asyncio.Future[Found]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host; raises OSError. Callers at the same time share one lookup, which cancelling does not end."""
        key = (host, family)
        if key not in self._lookups:
            found: Future[Found] = Future()
            threading.Thread(
                target=self._run, args=(found, *key), name=f"resolve {host}", daemon=True
            ).start()
            self._lookups[key] = asyncio.wrap_future(found)
            self._lookups[key].add_done_callback(lambda _: self._lookups.pop(key).exception())
        return [{**address, "port": port} for address in await asyncio.shield(self._lookups[key])]

    async def close(self) -> None:
        """Nothing to wait for."""

    def _run(self, found: Future[Found], host: str, family: int) -> None:
        try:
            found.set_result(self._addresses(host, family))
        except UnicodeError:  # a label of more than 63 characters
            found.set_exception(socket.gaierror(socket.EAI_NONAME, "not a host name"))
        except Exception as error:  # noqa: BLE001  raised by resolve()
            found.set_exception(error)

    def _addresses(self, host: str, family: int) -> Found:
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        infos = self._lookup(host, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return [
            ResolveResult(
                hostname=host, host=_numeric(address), port=0, family=found, proto=proto, flags=flags
            )
            for found, _, proto, _, address in infos
        ]


def _numeric(address: tuple[Any, ...]) -> str:
    """An address as text; a link-local one keeps its scope."""
    return socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]
