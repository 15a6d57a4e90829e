"""Name resolution that nobody has to wait for."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Lookup = Callable[..., Sequence[tuple[Any, ...]]]


class Resolver(AbstractResolver):
    """The system's name resolution, with a thread for each name that is being looked up.

    A lookup cannot be cancelled. In the event loop's own few threads, names that hang would keep the others from their turn
    and the process from its end; these threads are as many as there are names in the configuration, and daemons. Unlike a
    resolver library, the system's own knows /etc/hosts, search domains and whatever else nsswitch.conf names.
    """

    def __init__(self, lookup: Lookup = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._lookups: dict[tuple[str, int], asyncio.Future[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host; raises OSError. Cancelling it leaves the lookup to others who wait for the same name."""
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

        def finish(found: list[ResolveResult] | OSError) -> None:
            if future.cancelled():
                return
            if isinstance(found, OSError):
                future.set_exception(found)
                future.exception()  # everybody may have left
            else:
                future.set_result(found)

        def run() -> None:
            found = self._addresses(host, family)
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
                loop.call_soon_threadsafe(finish, found)

        threading.Thread(target=run, name=f"resolve {host}", daemon=True).start()
        return future

    def _addresses(self, host: str, family: int) -> list[ResolveResult] | OSError:
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
        except OSError as error:
            return error


def _numeric(address: tuple[Any, ...]) -> str:
    """An address as text; a link-local one keeps its scope."""
    return socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]
