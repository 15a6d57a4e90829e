"""A server that uses a web config, on the exporter's own connections."""

import asyncio
import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message

import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from betatel_exporter.web.limiter import ClientLimiter, client_network
from betatel_exporter.web.server import Server, Service
from betatel_exporter.webconfig import BasicAuth, WebConfig
from tests.support.webconfig import basic

NewLoop = Callable[[], asyncio.AbstractEventLoop]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes
    tls_version: str | None
    cipher: str | None


@dataclass
class Running:
    """A server that listens on a free loopback port, and the paths that got through to its application."""

    port: int
    reached: list[str]

    def connect(self, tls: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        if tls is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=tls)

    def get(
        self, path: str = "/metrics", *, tls: ssl.SSLContext | None = None, login: str | None = None
    ) -> Reply:
        connection = self.connect(tls)
        try:
            connection.request("GET", path, headers={} if login is None else {"Authorization": basic(login)})
            sock = connection.sock
            version, cipher = (
                (sock.version(), sock.cipher()) if isinstance(sock, ssl.SSLSocket) else (None, None)
            )
            response = connection.getresponse()
            return Reply(
                response.status, response.headers, response.read(), version, cipher[0] if cipher else None
            )
        finally:
            connection.close()

    def serves(self, tls: ssl.SSLContext | None) -> bool:
        """Whether a client gets a page; the other way is that the connection is closed, without an alert that says why."""
        try:
            return self.get(tls=tls).status == 200
        except OSError as error:
            assert re.search("EOF|closed|reset", str(error))  # noqa: PT017  and not an error of this client
            return False


def client_tls(ca: trustme.CA, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def application(reached: list[str]) -> Starlette:
    def page(request: Request) -> PlainTextResponse:
        reached.append(request.url.path)
        return PlainTextResponse("ok")

    return Starlette(routes=[Route(path, page) for path in ("/metrics", "/-/healthy", "/-/ready")])


@contextmanager
def running(config: WebConfig, new_loop: NewLoop) -> Iterator[Running]:
    reached: list[str] = []
    app = BasicAuth(application(reached), config, ClientLimiter(8), client_network)

    def serve() -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(server.serve())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = Server(Service(app, listener, config.ssl_context), grace=1)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Running(port, reached)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()
