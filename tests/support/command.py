"""The betatel-exporter command as a process of its own, and raw HTTP requests to it."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT
from tools.process import Process

COMMAND = (sys.executable, "-m", "betatel_exporter")

LISTENING = r"""address(?:=|": )"?([^"\s]+)"""
"""In both formats of a log line."""


def clean(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without this machine's variables, but for those that measure coverage."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return kept | dict(environment or {})


def run(
    *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=clean(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def running(
    arguments: Sequence[str], ready: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Process, re.Match[str]]]:
    """Any command, once a line of its output matched; it ends with the block."""
    with Process([*COMMAND, *arguments], clean(environment)) as process:
        yield process, process.wait_for(ready)


@dataclass(frozen=True)
class Exporter:
    """A process that serves."""

    process: Process
    address: tuple[str, int]

    def get(self, path: str, *headers: str, seconds: float = 30.0) -> "Answer":
        """Send a request; the answer is read later."""
        connection = self.connect(seconds)
        lines = [f"GET {path} HTTP/1.1", "Host: exporter", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        return Answer(connection)

    def send(self, request: bytes, seconds: float = 30.0) -> bytes:
        """All bytes that come back for any bytes, until the exporter closes or says nothing for some seconds."""
        answer = b""
        with self.connect(seconds) as connection, contextlib.suppress(ConnectionError, TimeoutError):
            connection.sendall(request)
            while data := connection.recv(65536):
                answer += data
        return answer

    def connect(self, seconds: float = 30.0) -> socket.socket:
        return socket.create_connection(self.address, seconds)


class Answer:
    """An answer that is on its way."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self) -> tuple[int, str]:
        """Status, and the answer with its head; status 0 for a connection that was closed without an answer."""
        with self._connection as connection, connection.makefile("rb") as stream:
            text = stream.read().decode("latin-1")
        return (int(text.split(" ", 2)[1]) if text else 0), text


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str],
    *arguments: str,
    listen: str = "127.0.0.1:0",
    command: Sequence[str] = (),
    prefix: Sequence[str] = (),
    cwd: Path = ROOT,
) -> Iterator[Exporter]:
    """The exporter as a process on a free port; it ends with the block.

    `command` stands in for the exporter's own; the prefix is a program that runs another.
    """
    whole = [*prefix, *(command or COMMAND), f"--web.listen-address={listen}", *arguments]
    with Process(whole, clean(environment), cwd=cwd) as process:
        host, _, port = process.wait_for(LISTENING)[1].rpartition(":")
        yield Exporter(process, (host.strip("[]"), int(port)))
