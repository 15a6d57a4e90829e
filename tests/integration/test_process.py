"""The command as a process: how it starts where little is given, and how it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import COMMAND, Exporter, account, clean, serving
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from tools.faults.api import QUERIES, FakeApi
from tools.faults.behaviours import silence
from tools.loopback import free_port
from tools.process import Process

NOBODY = ("--reuid=54321", "--regid=54321", "--clear-groups", "--no-new-privs")
"""Arguments of setpriv for a user that no machine has."""


def test_a_signal_lets_the_scrape_in_flight_end_and_exits_0(api: FakeApi) -> None:
    api.misbehave(["tdr/SENT"], silence)
    with serving(account(api.url)) as exporter:
        answer = exporter.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 3")
        wait_until(lambda: api.busy == 1 and api.asked.total() == len(QUERIES))
        exporter.process.signal(signal.SIGTERM)
        status, page = answer.read()
        assert status == 200
        assert 'betatel_scrape_query_success{account="default",query="tdr/SENT"} 0.0' in page
        assert 'betatel_telegram_messages{account="default",status="READ"}' in page
        assert exporter.process.wait() == 0
        assert "stopped" in exporter.process.lines[-1]
        assert "Traceback" not in exporter.process.output


def test_a_second_signal_ends_it_at_once(api: FakeApi) -> None:
    api.misbehave(QUERIES, silence)
    with serving(account(api.url)) as exporter:
        answer = exporter.get("/metrics")
        wait_until(lambda: api.busy == len(QUERIES))
        exporter.process.signal(signal.SIGINT)
        with contextlib.suppress(ConnectionError):
            while True:
                exporter.connect().close()
        exporter.process.signal(signal.SIGINT)
        assert exporter.process.wait() == -signal.SIGINT
        assert answer.read()[0] == 0


def test_idle_clients_delay_neither_others_nor_the_end(api: FakeApi) -> None:
    with (
        serving(account(api.url), "--timeout=60") as exporter,  # what a scrape in flight may take
        contextlib.ExitStack() as stack,
    ):
        idle = [stack.enter_context(exporter.connect()) for _ in range(50)]
        for connection in idle[:25]:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: expor")
        assert exporter.get("/metrics").read()[0] == 200
        assert exporter.healthy()
        exporter.process.signal(signal.SIGTERM)
        assert exporter.process.wait(30) == 0


def test_commands_that_end_at_once_import_neither_server_nor_http_client() -> None:
    """They take several times as long as everything else."""
    commands = [
        [],
        ["--timeout=0"],
        ["--timeuot=5"],
        ["--version"],
        ["--help"],
        ["check", "--help"],
    ]
    program = (
        "import contextlib, sys; from betatel_exporter.cli import main\n"
        "slow = {'httpx', 'aiohttp', 'starlette', 'uvicorn', 'prometheus_client'}\n"
        f"for arguments in {commands}:\n"
        "    with contextlib.suppress(SystemExit): main(arguments, {})\n"
        "    print('imported', arguments, slow & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean(), capture_output=True, text=True, check=True
    )
    imported = [line for line in done.stdout.splitlines() if line.startswith("imported")]
    assert imported == [f"imported {arguments} set()" for arguments in commands]


def test_commands_that_end_at_once_need_no_environment_and_no_standard_streams() -> None:
    """Without standard error, the first socket would take its number."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as broken_pipe:
        for argument, code in {"--timeout=0": 2, "--version": 0, "--help": 0}.items():
            closed = ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *COMMAND, argument]
            assert subprocess.run(closed, env=clean(), check=False).returncode == code, argument
            done = subprocess.run(
                [*COMMAND, argument], stdout=broken_pipe, stderr=subprocess.PIPE, env=clean(), check=False
            )
            assert bool(done.stderr) == bool(code), argument
            assert b"Traceback" not in done.stderr, argument


@pytest.mark.parametrize("redirections", ["2>&-", "<&- >&- 2>&-", "2<> full"])
def test_it_serves_and_ends_without_standard_streams_and_where_nobody_reads_its_log(
    redirections: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "full")
    full = os.open(tmp_path / "full", os.O_RDWR | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(full, b"\n" * 4096)
    port = free_port()
    command = [*COMMAND, f"--web.listen-address=127.0.0.1:{port}"]
    redirected = ["/bin/sh", "-c", f'exec "$@" {redirections}', "sh", *command]
    with Process(redirected, clean(account()), cwd=tmp_path) as process:
        process.wait_for_port(port)
        assert Exporter(process, ("127.0.0.1", port)).healthy()
        open_files = Path(f"/proc/{process.pid}/fd")
        assert not any((open_files / str(number)).is_socket() for number in range(3))
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    os.close(full)


def test_any_user_may_run_it_without_a_home_and_where_nothing_can_be_written(
    api: FakeApi, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    prefix = [tool("setpriv"), *NOBODY] if os.geteuid() == 0 else []
    if subprocess.run(
        [*prefix, sys.executable, "-c", ""], env={}, stderr=subprocess.DEVNULL, check=False
    ).returncode:
        pytest.skip("other users may not run this Python")
    tmp_path.chmod(0o555)
    for folder in tmp_path.parents:
        if folder.owner() == "root" and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    environment = account(api.url) | {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.fspath(ROOT / "exporter")}
    with serving(environment, prefix=prefix, cwd=tmp_path) as exporter:
        assert 'betatel_up{account="default"} 1.0' in exporter.get("/metrics").read()[1]
        exporter.process.signal(signal.SIGTERM)
        assert exporter.process.wait() == 0
    assert list(tmp_path.iterdir()) == []


def test_without_file_descriptors_little_is_logged_and_it_recovers(on_loop: dict[str, str]) -> None:
    few = ("/bin/sh", "-c", 'ulimit -n 60; exec "$@"', "sh")
    with serving(account() | on_loop, prefix=few) as exporter:
        assert exporter.healthy()
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(exporter.connect())
            exporter.process.wait_for("cannot accept connections")
            cpu = exporter.process.cpu()
            time.sleep(2)
            assert exporter.process.cpu() - cpu < 0.5
        wait_until(exporter.healthy)
        assert len(exporter.process.output) < 10_000


HANGING = """
import asyncio, contextlib, signal, socket, sys, time
from starlette.applications import Starlette
from betatel_exporter.web.server import Service, run, serve

async def in_a_thread():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 300)
    await asyncio.sleep(0.1)
    return 7

@contextlib.asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep(300)

async def at_the_end():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asyncio.get_running_loop().call_later(0.3, signal.raise_signal, signal.SIGTERM)
        await serve([Service(Starlette(lifespan=lifespan), listening)], grace=0.5)

sys.exit(run(globals()[sys.argv[1]]()))
"""


def test_what_hangs_delays_the_end_by_seconds_only() -> None:
    """A thread that waits for a name to resolve, for instance."""
    with (
        Process([sys.executable, "-c", HANGING, "in_a_thread"], clean()) as thread,
        Process([sys.executable, "-c", HANGING, "at_the_end"], clean()) as end,
    ):
        assert (thread.wait(), end.wait()) == (7, 0)
