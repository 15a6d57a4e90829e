"""Ports on loopback, and a server for the time of a `with` block, for tools and tests."""

import asyncio
import contextlib
import random
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Self

HUNG_UP = (OSError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError)
"""How a connection may end; start_server would raise a cancellation again in its own callback."""


def free_port() -> int:
    """A port that is free now, for a process that takes its port on the command line.

    Below those that the kernel gives to client connections: one of these could take it before the process does.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311  nothing secret depends on it
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def free_address() -> str:
    return f"127.0.0.1:{free_port()}"


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses connections and that nothing else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class LoopbackServer(ABC):
    """Connections served on a free port, by an event loop in a thread of its own."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.open = 0
        """Connections that are open."""
        self._talking: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._socket.getsockname()[1]

    @property
    def origin(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @abstractmethod
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; it is closed afterwards."""

    def call(self, function: Callable[[], object]) -> None:
        """Run in the server's thread."""
        self._loop.call_soon_threadsafe(function)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the server does not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._stop.set)
        self._thread.join(30)
        if self._thread.is_alive():
            raise RuntimeError("the server does not end")

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket)
        self._ready.set()
        await self._stop.wait()
        server.close()
        current = asyncio.current_task()
        while tasks := asyncio.all_tasks() - {
            current
        }:  # those that still accept a connection end by themselves
            while self._talking:
                self._talking.pop().cancel()
            await asyncio.wait(tasks, timeout=0.01)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        task = asyncio.current_task()
        assert task  # noqa: S101  start_server makes one for each connection
        self._talking.add(task)
        try:
            with contextlib.suppress(*HUNG_UP):
                if self._tls:  # here and not in the server: a handshake is cancelled with its connection
                    await writer.start_tls(self._tls)
                await self.talk(reader, writer)
        finally:
            self._talking.discard(task)
            self.open -= 1
            writer.transport.abort()
