"""What the exporter does where the machine gives it less than it needs."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import COMMAND, clean, serving
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from tools.faults.api import ACCOUNT_ID, KEY
from tools.loopback import free_port

ENVIRONMENT = {
    "BETATEL_API_KEY": KEY,
    "BETATEL_ACCOUNT_ID": ACCOUNT_ID,
    "BETATEL_BASE_URL": "http://127.0.0.1:1/",
}


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/healthy")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("uvloop", [True, False])
def test_without_file_descriptors_little_is_logged_and_it_recovers(tmp_path: Path, *, uvloop: bool) -> None:
    if not uvloop:
        (tmp_path / "uvloop.py").write_text("raise ImportError")
    environment = ENVIRONMENT | {"PYTHONPATH": str(tmp_path)}
    few = ("/bin/sh", "-c", 'ulimit -n 60; exec "$@"', "sh")
    with serving(environment, prefix=few) as exporter:
        assert healthy(exporter.address[1])
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(exporter.connect())
            exporter.process.wait_for("cannot accept connections")
            cpu = exporter.process.cpu()
            time.sleep(3)
            assert exporter.process.cpu() - cpu < 1
        wait_until(lambda: healthy(exporter.address[1]))
        assert len(exporter.process.output) < 10_000


@contextlib.contextmanager
def started(redirections: str = "", log: int | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """The exporter behind a shell's redirections, once it serves; it must end as it should."""
    port = free_port()
    command = [
        "/bin/sh",
        "-c",
        f'exec "$@" {redirections}',
        "sh",
        *COMMAND,
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen(command, cwd=ROOT, env=clean(ENVIRONMENT), stderr=log) as process:
        try:
            wait_until(lambda: healthy(port), 60)
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_a_log_that_nobody_reads_blocks_neither_requests_nor_the_end() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"\n" * 4096)
    os.set_blocking(writing, True)
    with started(log=writing):
        pass
    os.close(writing)
    os.close(reading)


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_error(closed: str) -> None:
    with started(closed) as process:
        open_files = Path(f"/proc/{process.pid}/fd")
        assert not any((open_files / str(number)).is_socket() for number in range(3))


HANGING = """
import asyncio, signal, socket, sys, threading, time
from starlette.applications import Starlette
from betatel_exporter.web.server import Service, run, serve

async def hang_in_a_thread():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    await asyncio.sleep(0.1)
    return 7

@__import__("contextlib").asynccontextmanager
async def hanging_lifespan(app):
    yield
    await asyncio.sleep(60)

async def hang_at_the_end():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asyncio.get_running_loop().call_later(0.3, signal.raise_signal, signal.SIGTERM)
        await serve([Service(Starlette(lifespan=hanging_lifespan), listening)], grace=0.5)

sys.exit(run(globals()[sys.argv[1]]()))
"""


@pytest.mark.parametrize(("main", "code"), [("hang_in_a_thread", 7), ("hang_at_the_end", 0)])
def test_what_hangs_delays_the_end_by_seconds_only(main: str, code: int) -> None:
    """A thread that waits for a name to resolve, for instance."""
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", HANGING, main], cwd=ROOT, env=clean(), timeout=50, check=False
    )
    assert ended.returncode == code
    assert time.monotonic() - started > 4
