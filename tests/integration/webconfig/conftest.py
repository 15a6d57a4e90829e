"""A server that uses a web config, on the exporter's own connections."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from betatel_exporter.web.limiter import ClientLimiter, client_network
from betatel_exporter.web.server import Server, Service
from betatel_exporter.webconfig import BasicAuth, WebConfig
from tests.support.webconfig import ca, folder

__all__ = ["ca", "folder"]

Loop = Callable[[], asyncio.AbstractEventLoop]


@dataclass
class Running:
    """A server that listens on a free loopback port, and how many requests its application got."""

    port: int = 0
    requests: int = 0

    def url(self, scheme: str = "https") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/metrics"

    def page(self, _request: Request) -> PlainTextResponse:
        self.requests += 1
        return PlainTextResponse("ok")

    def serves(self, tls: ssl.SSLContext) -> bool:
        """Whether a client gets a page; if not, the connection must have been closed without an alert."""
        try:
            return httpx.get(self.url(), verify=tls).text == "ok"
        except httpx.TransportError as error:
            assert re.search("EOF|disconnected|reset", str(error))  # noqa: PT017  not an error of this client
            return False

    def negotiated(self, tls: ssl.SSLContext) -> tuple[str | None, str]:
        """Version and cipher suite of a connection."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw,
            tls.wrap_socket(raw, server_hostname="127.0.0.1") as connection,
        ):
            cipher = connection.cipher()
            assert cipher is not None
            return connection.version(), cipher[0]


Serve = Callable[[WebConfig], Running]


@contextmanager
def running(config: WebConfig, new_loop: Loop) -> Iterator[Running]:
    state = Running()
    pages = Starlette(routes=[Route("/metrics", state.page)])
    app = BasicAuth(pages, config, ClientLimiter(8), client_network)

    def serve() -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(server.serve())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        state.port = listener.getsockname()[1]
        server = Server(Service(app, listener, config.ssl_context), grace=1)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield state
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()


@pytest.fixture(params=["asyncio", "uvloop"])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Starts a server; it is stopped at the end of the test."""
    new_loop: Loop = asyncio.new_event_loop
    if request.param == "uvloop":
        new_loop = pytest.importorskip("uvloop").new_event_loop
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(running(config, new_loop))
