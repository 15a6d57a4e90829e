"""The betatel-exporter command as a process, and raw HTTP requests to it."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import yaml

from tests.support.paths import ROOT
from tools.faults.api import ACCOUNT_ID, KEY
from tools.process import Process

COMMAND = (sys.executable, "-m", "betatel_exporter")
DEMO = ("demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0")

LISTENING = r"""address(?:=|": )"?([^"\s]+)"""
"""In both formats of a log line."""


def account(base_url: str = "http://127.0.0.1:1/") -> dict[str, str]:
    """Variables of one account; nothing listens at the default address."""
    return {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID, "BETATEL_BASE_URL": base_url}


def accounts_file(folder: Path, accounts: Iterable[tuple[str, str]]) -> Path:
    """A configuration of the accounts a0, a1 and so on, given by account id and base URL."""
    entries = [
        {"name": f"a{number}", "account_id": account_id, "base_url": base_url, "api_key": KEY}
        for number, (account_id, base_url) in enumerate(accounts)
    ]
    file = folder / "accounts.yml"
    file.write_text(yaml.safe_dump({"accounts": entries}))
    return file


def clean(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without this machine's variables, except those that measure coverage."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return kept | dict(environment or {})


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=clean(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def started(*arguments: str, environment: Mapping[str, str] | None = None) -> Process:
    """Start any command; as a context manager it ends with the block."""
    return Process([*COMMAND, *arguments], clean(environment))


@dataclass(frozen=True)
class Exporter:
    """A process that serves."""

    process: Process
    address: tuple[str, int]

    def get(self, path: str, *headers: str, source: str = "") -> "Answer":
        """Send a request, from a source address of loopback; the answer is read later."""
        connection = self.connect(source=source)
        lines = [f"GET {path} HTTP/1.1", "Host: exporter", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        return Answer(connection)

    def send(self, request: bytes, seconds: float = 60.0) -> bytes:
        """All bytes that come back for any bytes, until the exporter closes or sends nothing for some seconds."""
        answer = b""
        with self.connect(seconds) as connection, contextlib.suppress(ConnectionError, TimeoutError):
            connection.sendall(request)
            while data := connection.recv(65536):
                answer += data
        return answer

    def connect(self, seconds: float = 60.0, source: str = "") -> socket.socket:
        return socket.create_connection(self.address, seconds, (source, 0))

    def healthy(self) -> bool:
        """Whether the health check is answered, however long that takes."""
        return self.fetch("/-/healthy")[0] == HTTPStatus.OK

    def fetch(self, path: str, *headers: str, source: str = "") -> tuple[int, str]:
        """Status and answer; status 0 where the connection is closed instead."""
        try:
            return self.get(path, *headers, source=source).read()
        except ConnectionError:
            return 0, ""


class Answer:
    """An answer that is on its way."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self) -> tuple[int, str]:
        """Status, and the answer with its head; status 0 for a connection that was closed without an answer."""
        with self._connection as connection, connection.makefile("rb") as stream:
            try:
                text = stream.read().decode("latin-1")
            except ConnectionError:
                text = ""
        return (int(text.split(" ", 2)[1]) if text else 0), text


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str],
    *arguments: str,
    command: Sequence[str] = COMMAND,
    prefix: Sequence[str] = (),
    cwd: Path = ROOT,
) -> Iterator[Exporter]:
    """The exporter as a process on a free port; it ends with the block. The prefix is a program that runs another."""
    whole = [*prefix, *command, "--web.listen-address=127.0.0.1:0", *arguments]
    with Process(whole, clean(environment), cwd=cwd) as process:
        host, _, port = process.wait_for(LISTENING)[1].rpartition(":")
        yield Exporter(process, (host, int(port)))
