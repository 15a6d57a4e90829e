"""The folder of a web config file, and a server that uses it."""

import http.client
import logging
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Protocol

import bcrypt
import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from betatel_exporter.webconfig import BasicAuth, WebConfig

CheckPassword = Callable[[bytes, bytes], bool]

TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"


class RecordingLog(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def levels(self) -> list[str]:
        return [record.levelname for record in self.records]

    def last(self) -> dict[str, object]:
        return vars(self.records[-1])


@dataclass(frozen=True)
class Folder:
    """The folder of the web config file."""

    path: Path
    ca: trustme.CA
    log: RecordingLog = field(default_factory=RecordingLog)

    @property
    def file(self) -> Path:
        return self.path / "web.yml"

    def write(self, text: str, name: str = "web.yml") -> Path:
        path = self.path / name
        path.write_text(text)
        return path

    def certify(self, ca: trustme.CA | None = None, name: str = "server") -> None:
        issued = (ca or self.ca).issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(self.path / f"{name}.crt")
        issued.private_key_pem.write_to_path(self.path / f"{name}.key")

    def trust(self, ca: trustme.CA, name: str = "clients.crt") -> None:
        ca.cert_pem.write_to_path(self.path / name)

    def config(self) -> WebConfig:
        logger = logging.Logger("test")  # noqa: LOG001 (tests share no logger)
        logger.addHandler(self.log)
        return WebConfig(self.file, log=logger)


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


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


def hashed(password: str, cost: int = 4) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def client_tls(ca: trustme.CA, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


class Serve(Protocol):
    def __call__(self, config: WebConfig, checkpw: CheckPassword = ...) -> Running: ...


def application(reached: list[str]) -> Starlette:
    def page(request: Request) -> PlainTextResponse:
        reached.append(request.url.path)
        return PlainTextResponse("ok")

    return Starlette(routes=[Route(path, page) for path in ("/metrics", "/-/healthy", "/-/ready")])


@contextmanager
def running(config: WebConfig, loop: str, checkpw: CheckPassword = bcrypt.checkpw) -> Iterator[Running]:
    reached: list[str] = []
    context = config.ssl_context
    options = uvicorn.Config(
        BasicAuth(application(reached), config, checkpw=checkpw),
        loop=loop,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        ssl_context_factory=(lambda *_: context) if context else None,
    )
    server = uvicorn.Server(options)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Running(listener.getsockname()[1], reached)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()
