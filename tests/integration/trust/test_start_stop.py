"""The real command: how it starts where little is given, and how it ends."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import COMMAND, Answer, Exporter, clean, run, serving
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from tools.faults.api import ACCOUNT_ID, KEY, QUERIES, SECRETS, FakeApi
from tools.faults.behaviours import silence

STOP_SIGNALS = [signal.SIGTERM, signal.SIGINT]

NOBODY = ("--reuid=54321", "--regid=54321", "--clear-groups", "--no-new-privs")
"""Arguments of setpriv for a user that no machine has."""


def environment(base_url: str) -> dict[str, str]:
    return {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID, "BETATEL_BASE_URL": base_url}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


def scrape_in_flight(exporter: Exporter, api: FakeApi) -> Answer:
    """A scrape whose queries are all answered but one."""
    api.misbehave(["tdr/SENT"], silence)
    answer = exporter.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 4")
    wait_until(lambda: api.busy == 1 and api.asked.total() == len(QUERIES))
    return answer


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_signal_lets_the_scrape_in_flight_end_and_exits_0(signum: signal.Signals, api: FakeApi) -> None:
    with serving(environment(api.url)) as exporter:
        answer = scrape_in_flight(exporter, api)
        exporter.process.signal(signum)
        status, page = answer.read()
        assert status == 200
        assert 'betatel_scrape_query_success{account="default",query="tdr/SENT"} 0.0' in page
        assert 'betatel_telegram_messages{account="default",status="READ"}' in page
        assert exporter.process.wait() == 0
    assert "stopped" in exporter.process.lines[-1]
    assert not any("Traceback" in line for line in exporter.process.lines)


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_second_signal_ends_it_at_once(signum: signal.Signals, api: FakeApi) -> None:
    with serving(environment(api.url)) as exporter:
        api.misbehave(QUERIES, silence)
        answer = exporter.get("/metrics")
        wait_until(lambda: api.busy >= 10)
        exporter.process.signal(signum)
        wait_until(lambda: not listens(exporter))
        exporter.process.signal(signum)
        assert exporter.process.wait() == -signum
        assert answer.read()[0] == 0


def listens(exporter: Exporter) -> bool:
    try:
        exporter.connect(1).close()
    except ConnectionError:
        return False
    return True


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_idle_clients_delay_neither_others_nor_the_end(signum: signal.Signals, api: FakeApi) -> None:
    with serving(environment(api.url), "--timeout=60") as exporter:  # what a scrape in flight may take
        idle = [exporter.connect() for _ in range(50)]
        for connection in idle[:25]:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: expor")
        assert exporter.get("/metrics").read()[0] == 200
        assert exporter.get("/-/healthy").read()[0] == 200
        exporter.process.signal(signum)
        assert exporter.process.wait(30) == 0
        for connection in idle:
            connection.close()


IMMEDIATE: dict[tuple[str, ...], int] = {
    (): 2,
    ("--timeout=0",): 2,
    ("--timeuot=5",): 2,
    ("--version",): 0,
    ("version",): 0,
    ("--help",): 0,
    ("check", "--help"): 0,
}
"""Exit codes of commands that end by themselves, in an empty environment."""


def test_commands_that_end_at_once_need_no_environment() -> None:
    for arguments, code in IMMEDIATE.items():
        done = run(*arguments)
        assert done.returncode == code, arguments
        printed, silent = (done.stderr, done.stdout) if code else (done.stdout, done.stderr)
        assert printed, arguments
        assert silent == "", arguments
        assert "Traceback" not in printed, arguments


def test_commands_that_end_at_once_import_neither_server_nor_http_client() -> None:
    """They take several times as long as everything else."""
    program = (
        "import contextlib, sys; from betatel_exporter.cli import main\n"
        "slow = {'httpx', 'aiohttp', 'starlette', 'uvicorn', 'prometheus_client'}\n"
        f"for arguments in {list(IMMEDIATE)!r}:\n"
        "    with contextlib.suppress(SystemExit): main(arguments, {})\n"
        "    print(arguments, slow & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean(), capture_output=True, text=True, check=True
    )
    imported = [line for line in done.stderr.splitlines() if line.startswith("(")]
    assert imported == [f"{arguments} set()" for arguments in IMMEDIATE]


def test_standard_streams_may_be_closed_from_the_start() -> None:
    """Else the first socket would take the number of standard error."""
    for arguments in (("--timeout=0",), ("version",), ("--help",)):
        command = shlex.join([*COMMAND, *arguments]) + " <&- >&- 2>&-"
        done = subprocess.run(["sh", "-c", command], env=clean(), check=False)
        assert done.returncode == IMMEDIATE[arguments], arguments


def test_standard_output_closed_early_is_no_traceback() -> None:
    for arguments in (["version"], ["--help"], ["check", "--help"]):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "w") as closed:
            done = subprocess.run(
                [*COMMAND, *arguments], stdout=closed, stderr=subprocess.PIPE, env=clean(), check=False
            )
        assert done.stderr == b"", arguments


def test_any_user_may_run_it_without_a_home_and_where_nothing_can_be_written(
    api: FakeApi, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    prefix = [tool("setpriv"), *NOBODY] if os.geteuid() == 0 else []
    if subprocess.run(
        [*prefix, sys.executable, "-c", ""], env={}, capture_output=True, check=False
    ).returncode:
        pytest.skip("other users may not run this Python")
    tmp_path.chmod(0o555)
    for folder in tmp_path.parents:
        if folder.owner() == "root" and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    environ = environment(api.url) | {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.fspath(ROOT / "exporter")}
    with serving(environ, prefix=prefix, cwd=tmp_path) as exporter:
        status, page = exporter.get("/metrics").read()
        assert status == 200
        assert 'betatel_up{account="default"} 1.0' in page
        exporter.process.signal(signal.SIGTERM)
        assert exporter.process.wait() == 0
    assert list(tmp_path.iterdir()) == []


def test_it_listens_on_ipv6(api: FakeApi) -> None:
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with serving(environment(api.url), listen="[::1]:0") as exporter:
        assert exporter.get("/metrics").read()[0] == 200
        exporter.process.signal(signal.SIGTERM)
        assert exporter.process.wait() == 0


def test_no_secret_is_in_what_the_command_says(api: FakeApi) -> None:
    api.misbehave(["tdr/SENT"], silence)
    with serving(environment(api.url), "--log.level=debug", "--log.format=json", "--timeout=0.5") as exporter:
        page = "".join(exporter.get(path).read()[1] for path in ("/metrics", "/metrics", "/"))
        command_line = Path(f"/proc/{exporter.process.pid}/cmdline").read_text()
        exporter.process.signal(signal.SIGTERM)
        assert exporter.process.wait() == 0
    said = "".join(exporter.process.lines)
    assert "queries failing" in said
    assert [secret for secret in SECRETS if secret in page + said + command_line] == []
