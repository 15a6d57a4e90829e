"""Name resolution in which a lookup that hangs delays no other."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Lookup = Callable[..., Sequence[tuple[Any, ...]]]


class Resolver(AbstractResolver):
    """The system's name resolution, with a thread per name being looked up.

    A lookup cannot be cancelled. In the event loop's own pool of threads, a few names that hang would delay all others, and
    the exit of the process. These threads are daemons, one for each host name of the configuration at most. A resolver
    library could cancel, but would not follow nsswitch.conf.
    """

    def __init__(self, lookup: Lookup = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._lookups: dict[tuple[str, int], asyncio.Future[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host; raises OSError. Concurrent callers share one lookup; cancelling a caller does not end it."""
        key = (host, family)
        lookup = self._lookups.get(key)
        if lookup is None:
            lookup = self._lookups[key] = self._start(host, family)
            lookup.add_done_callback(lambda _: self._lookups.pop(key))
        found = await asyncio.shield(lookup)
        return [{**address, "port": port} for address in found]

    async def close(self) -> None:
        """Nothing to wait for."""

    def _start(self, host: str, family: int) -> "asyncio.Future[list[ResolveResult]]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[ResolveResult]] = loop.create_future()

        def finish(found: list[ResolveResult] | Exception) -> None:
            if isinstance(found, Exception):
                future.set_exception(found)
                future.exception()  # marks it as retrieved: nobody may be waiting any more
            else:
                future.set_result(found)

        def run() -> None:
            found = self._addresses(host, family)
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
                loop.call_soon_threadsafe(finish, found)

        threading.Thread(target=run, name=f"resolve {host}", daemon=True).start()
        return future

    def _addresses(self, host: str, family: int) -> list[ResolveResult] | Exception:
        try:
            infos = self._lookup(
                host, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
            return [
                ResolveResult(
                    hostname=host,
                    host=_numeric(address),
                    port=0,
                    family=found,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
                for found, _, proto, _, address in infos
            ]
        except UnicodeError:  # a label of more than 63 characters
            return socket.gaierror(socket.EAI_NONAME, "not a host name")
        except Exception as error:  # noqa: BLE001  raised by resolve()
            return error


def _numeric(address: tuple[Any, ...]) -> str:
    """An address as text; a link-local one keeps its scope."""
    return socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]
