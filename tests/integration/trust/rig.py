"""The exporter behind its real HTTP server, in a thread, with every log record kept."""

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import uvicorn

from betatel_exporter.assembly import make_app
from betatel_exporter.config import Address, load
from betatel_exporter.web.server import Service, _config, bind
from tests.integration.faults.injector import ACCOUNT_ID, KEY, Injector


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.all: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.all.append(record)

    def troubles(self) -> list[str]:
        """What no input may cause: errors and tracebacks."""
        return [
            record.getMessage() + str(record.exc_info)
            for record in self.all
            if record.levelno >= logging.ERROR or record.exc_info
        ]


@dataclass
class Rig:
    port: int
    injector: Injector
    records: Records = field(default_factory=Records)

    def send(self, request: bytes, patience: float = 10.0) -> bytes:
        """What comes back until the exporter closes, or is quiet for some seconds because it waits for more."""
        with socket.create_connection(("127.0.0.1", self.port), patience) as connection:
            answer = b""
            with contextlib.suppress(ConnectionError, TimeoutError):
                connection.sendall(request)
                while data := connection.recv(65536):
                    answer += data
            return answer


@contextlib.contextmanager
def environ(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables of ours and no others; no proxies."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith("BETATEL_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextlib.contextmanager
def rigged() -> Iterator[Rig]:
    with Injector() as injector, environ({"BETATEL_API_KEY": KEY}):
        configuration = load({"account_id": ACCOUNT_ID, "base_url": injector.url})
        listener = bind(Address("127.0.0.1", 0))
        rig = Rig(listener.getsockname()[1], injector)
        logging.getLogger().addHandler(rig.records)
        server = uvicorn.Server(_config(Service(make_app(configuration), listener), grace=1))
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), name="exporter"
        )
        thread.start()
        try:
            yield rig
        finally:
            server.should_exit = True
            thread.join(20)
            logging.getLogger().removeHandler(rig.records)
            assert not thread.is_alive()
