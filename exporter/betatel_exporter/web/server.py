"""Serving ASGI apps: sockets that are bound before anything starts, signals that end it cleanly."""

import asyncio
import contextlib
import errno
import os
import resource
import signal
import socket
import ssl
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from betatel_exporter.config import Address

T = TypeVar("T")

BACKLOG = 1024
"""Connections that may wait to be accepted: scrapers come all at once."""


STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


KEEP_ALIVE = 75
"""Seconds an idle connection of a scraper is kept: longer than the usual interval, so that TLS need not begin anew."""


class BindError(Exception):
    """An address that cannot be listened on; one line."""


@dataclass(frozen=True)
class Service:
    """An app and the socket it answers on."""

    app: ASGIApp
    socket: socket.socket
    tls: ssl.SSLContext | None = None


def bind(address: Address) -> socket.socket:
    """A listening socket; without a host on all addresses, of both families where there are two. Raises BindError."""
    try:
        if address.host:
            family = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
        if socket.has_dualstack_ipv6():
            with contextlib.suppress(_NoIPv6):
                return _bind_both(address.port)
        return socket.create_server(("", address.port), backlog=BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise BindError(f"cannot listen on {address}: {why}") from None


def bound(sock: socket.socket) -> Address:
    """Where a socket listens, the port as the system gave it."""
    host, port, *_ = sock.getsockname()
    return Address(host, port)


class _NoIPv6(Exception):  # noqa: N818  no fault: a kernel without it
    pass


def _bind_both(port: int) -> socket.socket:
    try:
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
    except OSError as error:
        if error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
            raise _NoIPv6 from None
        raise


class _Server(uvicorn.Server):
    """uvicorn without its own handling of signals, which would end the process with the signal's code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    services: Sequence[Service], *, grace: float, meanwhile: Coroutine[None, None, None] | None = None
) -> None:
    """Answer until SIGTERM or SIGINT, then let running requests end for `grace` seconds; a second signal kills."""
    servers = [_Server(_config(service, grace)) for service in services]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True
        for signum in STOP_SIGNALS:
            loop.remove_signal_handler(signum)
            signal.signal(signum, signal.SIG_DFL)

    for signum in STOP_SIGNALS:
        loop.add_signal_handler(signum, stop)
    async with asyncio.TaskGroup() as tasks:
        companion = tasks.create_task(meanwhile) if meanwhile is not None else None
        pairs = zip(servers, services, strict=True)
        await asyncio.gather(*(server.serve(sockets=[service.socket]) for server, service in pairs))
        if companion is not None:
            companion.cancel()


def _config(service: Service, grace: float) -> uvicorn.Config:
    tls = service.tls
    return uvicorn.Config(
        service.app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        ws="none",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(grace + 0.5)),
        ssl_context_factory=(lambda *_: tls) if tls else None,
    )


def run(main: Coroutine[None, None, T]) -> T:
    """Run on uvloop where it is installed, else on asyncio's own loop."""
    _allow_many_connections()
    with asyncio.Runner(loop_factory=_new_event_loop) as runner:
        return runner.run(main)


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
