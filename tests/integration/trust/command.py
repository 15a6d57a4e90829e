"""The command as a process of its own, and raw requests to it."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.faults.injector import ACCOUNT_ID, KEY
from tests.support.paths import ROOT

LISTENING = re.compile(r"""address(?:=|": )"?([^"\s]+)""")
"""In both formats of a log line."""

LIFETIME = 60.0
"""Seconds after which a command is killed, whatever it does."""


def environment(base_url: str) -> dict[str, str]:
    """Nothing but what the exporter needs: no PATH, no HOME, no locale."""
    return {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID, "BETATEL_BASE_URL": base_url}


@dataclass
class Command:
    process: "subprocess.Popen[str]"
    address: tuple[str, int]
    log: list[str] = field(default_factory=list)

    def signal(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)

    def ended(self, seconds: float = 10.0) -> int:
        return self.process.wait(seconds)

    def get(self, path: str, *headers: str, seconds: float = 10.0) -> "Answer":
        connection = self.connect(seconds)
        request = "\r\n".join(
            [f"GET {path} HTTP/1.1", "Host: exporter", "Connection: close", *headers, "", ""]
        )
        connection.sendall(request.encode("latin-1"))
        return Answer(connection)

    def connect(self, seconds: float = 10.0) -> socket.socket:
        return socket.create_connection(self.address, seconds)


class Answer:
    """Read when it is asked for: the request is on its way meanwhile."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self) -> tuple[int, str]:
        """Status and the rest; status 0 for a connection that was closed without an answer."""
        with self._connection as connection, connection.makefile("rb") as stream:
            text = stream.read().decode("latin-1")
        return (int(text.split(" ", 2)[1]) if text else 0), text


@contextlib.contextmanager
def running(
    environ: Mapping[str, str],
    *arguments: str,
    listen: str = "127.0.0.1:0",
    prefix: Sequence[str] = (),
    cwd: Path = ROOT,
) -> Iterator[Command]:
    """Serve until the end of the block; killed there if it still runs."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "betatel_exporter", f"--web.listen-address={listen}", *arguments],
        env=dict(environ),
        cwd=cwd,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    watchdog = threading.Timer(LIFETIME, process.kill)
    watchdog.start()
    with process, process.stderr as stderr:
        log: list[str] = []
        readers: list[threading.Thread] = []
        try:
            for line in stderr:
                log.append(line)
                if match := LISTENING.search(line):
                    host, _, port = match[1].rpartition(":")
                    break
            else:
                raise AssertionError(f"ended with {process.wait()}: {''.join(log)}")
            readers.append(threading.Thread(target=log.extend, args=[stderr]))
            readers[0].start()
            yield Command(process, (host.strip("[]"), int(port)), log)
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
            process.wait(10)
            for reading in readers:
                reading.join(10)


def ran(environ: Mapping[str, str], *arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "betatel_exporter", *arguments],
        env=dict(environ),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def without_privileges(setpriv: str) -> list[str]:
    """A prefix that runs a command as a user that no machine has."""
    return [setpriv, "--reuid=54321", "--regid=54321", "--clear-groups", "--no-new-privs"]
