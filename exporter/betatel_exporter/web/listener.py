"""Accepts connections, limited in number and, until they are set up, in time."""

import asyncio
import errno
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from betatel_exporter.web.connection import Connection
from betatel_exporter.web.limiter import network

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 512
"""Open connections, TLS handshakes included. Each costs at most about 0.1 MB."""

HANDSHAKE_SECONDS = 10.0

SEND_BUFFER = 128 * 1024
"""Bytes of an answer that the system keeps for a client that does not read. Left to itself Linux keeps up to 4 MB."""

RETRY_SECONDS = 1.0
"""Pause after the system refused a connection, as it does when it is out of file descriptors."""

HUNG_UP = {errno.ECONNABORTED, errno.EAGAIN, errno.EINTR}
"""Errors of accept(2) that concern one connection alone."""


class Listener:
    """Accepts the connections of one socket.

    Where there are too many, the client address with most of them loses the one that has waited longest for a request, so
    that idle connections keep nobody out. asyncio's own servers have no limit, and log a thousand tracebacks a second
    while the system is out of file descriptors.
    """

    def __init__(self, make_connection: Callable[[str], Connection], tls: ssl.SSLContext | None) -> None:
        """`make_connection` takes the client's network."""
        self._make_connection = make_connection
        self._tls = tls
        self._open: dict[Connection, asyncio.Task[None]] = {}

    async def accept(self, listening: socket.socket) -> NoReturn:
        """Accept until cancelled; accepted connections continue."""
        listening.setblocking(False)
        failing = False
        while True:
            try:
                accepted, (host, *_) = await asyncio.get_running_loop().sock_accept(listening)
            except OSError as error:
                if error.errno in HUNG_UP:
                    continue
                if not failing:
                    logger.error("cannot accept connections", extra={"reason": error.strerror})  # noqa: TRY400
                failing = True
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if failing:
                    logger.info("accepting connections again")
                failing = False
                self._admit(accepted, network(host))
                await asyncio.sleep(0)  # sock_accept does not yield while further connections wait

    def check(self, now: float) -> None:
        """Close the connections that exceed a time limit; `now` is event loop time. To be called once a second."""
        for connection in [*self._open]:
            connection.check(now)

    async def aclose(self) -> None:
        """Close every connection immediately."""
        tasks = [*self._open.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _admit(self, accepted: socket.socket, client: str) -> None:
        if len(self._open) >= MAX_CONNECTIONS and not self._make_way():
            accepted.close()
            return
        connection = self._make_connection(client)
        self._open[connection] = asyncio.create_task(self._serve(connection, accepted))

    def _make_way(self) -> bool:
        held = Counter(connection.network for connection in self._open)
        last = min(self._open, key=lambda one: (one.answering, -held[one.network], one.idle_since))
        if last.answering:
            return False
        self._open.pop(last).cancel()
        return True

    async def _serve(self, connection: Connection, accepted: socket.socket) -> None:
        try:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if self._tls else None,
            )
            await connection.lost
        except OSError:
            pass  # a failed handshake, or a client that disconnected
        finally:
            self._open.pop(connection, None)
            connection.abort()
            accepted.close()
