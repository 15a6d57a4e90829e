"""Serves ASGI apps: sockets are bound before anything starts, and signals end it cleanly."""

import asyncio
import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from betatel_exporter.address import Address
from betatel_exporter.web.connection import IDLE_SECONDS, REQUEST_BYTES, Connection
from betatel_exporter.web.listener import Listener

logger = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections that may wait to be accepted: scrapers come all at once."""

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

EXIT_SECONDS = 5.0
"""Seconds to wait for remaining tasks and threads after the last request or the grace period."""


class BindError(Exception):
    """A listen address that cannot be used; one line."""


@dataclass(frozen=True)
class Service:
    """An app and its listening socket."""

    app: ASGIApp
    socket: socket.socket
    tls: ssl.SSLContext | None = None


def bind(address: Address) -> socket.socket:
    """A listening socket; without a host on all addresses, of both families if there are two. Raises BindError."""
    try:
        if address.host:
            family = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
        return _bind_all(address.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise BindError(f"cannot listen on {address}: {why}") from None


def _bind_all(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG
            )
        except OSError as error:
            if error.errno not in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
                raise
    return socket.create_server(("", port), backlog=BACKLOG)


def bound(sock: socket.socket) -> Address:
    """Where a socket listens, the port as the system gave it."""
    host, port, *_ = sock.getsockname()
    return Address(host, port)


class Server(uvicorn.Server):
    """uvicorn with connections that the listener bounds, and without its own handling of signals."""

    def __init__(self, service: Service, grace: float) -> None:
        super().__init__(_config(service, grace))
        self._listening = service.socket
        self._listener = Listener(self._connection, service.tls)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Its own handlers would end the process with the signal's code."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  uvicorn's signature
        """Start the app; uvicorn itself listens on nothing."""
        await super().startup(sockets=[])

    async def main_loop(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            accepting = tasks.create_task(self._listener.accept(self._listening))
            await super().main_loop()
            accepting.cancel()

    async def on_tick(self, counter: int) -> bool:
        """Called every tenth of a second."""
        if counter % 10 == 0:
            self._listener.check(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._listening.close()
        await super().shutdown(sockets)
        await self._listener.aclose()

    def _connection(self, client: str) -> Connection:
        return Connection(self.config, self.server_state, self.lifespan.state, client)


async def serve(
    services: Sequence[Service], *, grace: float, meanwhile: Coroutine[None, None, None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then let running requests end for `grace` seconds; a second signal kills.

    `meanwhile` runs beside the servers and is cancelled when they have ended.
    """
    servers = [Server(service, grace) for service in services]
    loop = asyncio.get_running_loop()
    watchdog = _watchdog(grace + EXIT_SECONDS, lambda: 0)

    def stop() -> None:
        for server in servers:
            server.should_exit = True
        for signum in STOP_SIGNALS:
            loop.remove_signal_handler(signum)
            signal.signal(signum, signal.SIG_DFL)
        watchdog.start()

    for signum in STOP_SIGNALS:
        loop.add_signal_handler(signum, stop)
    try:
        async with asyncio.TaskGroup() as others:
            other = others.create_task(meanwhile or asyncio.sleep(0))
            async with asyncio.TaskGroup() as serving:
                for server in servers:
                    serving.create_task(server.serve())
            other.cancel()
    finally:
        watchdog.cancel()


def _config(service: Service, grace: float) -> uvicorn.Config:
    return uvicorn.Config(
        service.app,
        http="h11",
        h11_max_incomplete_event_size=REQUEST_BYTES,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        proxy_headers=False,  # clients could choose the address that the limiters count them by
        ws="none",
        timeout_keep_alive=round(IDLE_SECONDS),
        timeout_graceful_shutdown=max(1, round(grace + 0.5)),
    )


def run(main: Coroutine[None, None, int | None]) -> int:
    """Run on uvloop where it is installed, else on asyncio's own loop; returns the exit code, by default 0.

    The process ends with that code at most EXIT_SECONDS later, whatever its threads wait for.
    """
    _allow_many_connections()
    code = 1
    watchdog = _watchdog(EXIT_SECONDS, lambda: code)
    try:
        with asyncio.Runner(loop_factory=_new_event_loop) as runner:
            try:
                code = runner.run(main) or 0
            finally:
                watchdog.start()
    finally:
        watchdog.cancel()
    return code


def _watchdog(seconds: float, code: Callable[[], int]) -> threading.Timer:
    """Ends the process if it is not cancelled in time, for instance because a thread waits for a name to resolve."""

    def end() -> None:
        logger.warning("stopped waiting for running requests")
        logging.shutdown()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code())

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    return timer


def _allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one, as Go does: an account has ten, and 1024 is a usual soft limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS has a hard limit that cannot be set
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415  optional
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
