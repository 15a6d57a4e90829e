"""The real command: how it starts where little is given, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.faults.cases import silence
from tests.integration.faults.injector import QUERIES, SECRETS, Injector
from tests.integration.trust.command import Answer, Command, environment, ran, running, without_privileges
from tests.support.paths import ROOT

STOP_SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture
def injector() -> Iterator[Injector]:
    with Injector() as injector:
        yield injector


def scrape_in_flight(exporter: Command, injector: Injector) -> Answer:
    """A scrape whose queries are all answered but one."""
    injector.misbehave(["tdr/SENT"], silence)
    answer = exporter.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 2")
    wait_until(lambda: injector.busy == 1 and injector.asked.total() == len(QUERIES))
    return answer


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_signal_lets_the_scrape_in_flight_end_and_exits_0(
    signum: signal.Signals, injector: Injector
) -> None:
    with running(environment(injector.url)) as exporter:
        answer = scrape_in_flight(exporter, injector)
        exporter.signal(signum)
        status, page = answer.read()
        assert status == 200
        assert 'betatel_scrape_query_success{account="default",query="tdr/SENT"} 0.0' in page
        assert 'betatel_telegram_messages{account="default",status="READ"}' in page
        assert exporter.ended() == 0
    assert "stopped" in exporter.log[-1]
    assert not any("Traceback" in line for line in exporter.log)


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_second_signal_ends_it_at_once(signum: signal.Signals, injector: Injector) -> None:
    with running(environment(injector.url)) as exporter:
        injector.misbehave(QUERIES, silence)
        answer = exporter.get("/metrics")
        wait_until(lambda: injector.busy == len(QUERIES))
        exporter.signal(signum)
        wait_until(lambda: not listens(exporter))
        exporter.signal(signum)
        assert exporter.ended(5) == -signum
        assert answer.read()[0] == 0


def listens(exporter: Command) -> bool:
    try:
        exporter.connect(1).close()
    except ConnectionError:
        return False
    return True


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_idle_clients_delay_neither_others_nor_the_end(signum: signal.Signals, injector: Injector) -> None:
    with running(environment(injector.url)) as exporter:
        idle = [exporter.connect() for _ in range(50)]
        for connection in idle[:25]:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: expor")
        assert exporter.get("/metrics").read()[0] == 200
        assert exporter.get("/-/healthy").read()[0] == 200
        exporter.signal(signum)
        assert exporter.ended(5) == 0
        for connection in idle:
            connection.close()


def test_a_taken_port_is_one_line_and_exit_code_1(injector: Injector) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = ran(environment(injector.url), f"--web.listen-address={address}")
    assert result.returncode == 1
    assert result.stderr == f"betatel-exporter: cannot listen on {address}: Address already in use\n"
    assert result.stdout == ""


def test_it_starts_in_an_empty_environment_only_to_say_what_is_missing() -> None:
    result = ran({})
    assert result.returncode == 2
    assert [line.split(" ")[1] for line in result.stderr.splitlines()] == ["account_id", "api_key"]
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["--help", "--version", "check --help"])
def test_help_needs_nothing_at_all(command: str) -> None:
    result = ran({}, *command.split())
    assert result.returncode == 0
    assert result.stdout
    assert result.stderr == ""


def test_any_user_may_run_it_without_a_home_and_where_nothing_can_be_written(
    injector: Injector, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    prefix = without_privileges(tool("setpriv")) if os.geteuid() == 0 else []
    if subprocess.run(
        [*prefix, sys.executable, "-c", ""], env={}, capture_output=True, check=False
    ).returncode:
        pytest.skip("other users may not run this Python")
    tmp_path.chmod(0o555)
    for folder in tmp_path.parents:
        if folder.owner() == "root" and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    environ = environment(injector.url) | {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.fspath(ROOT / "exporter")}
    with running(environ, prefix=prefix, cwd=tmp_path) as exporter:
        status, page = exporter.get("/metrics").read()
        assert status == 200
        assert 'betatel_up{account="default"} 1.0' in page
        exporter.signal(signal.SIGTERM)
        assert exporter.ended() == 0
    assert list(tmp_path.iterdir()) == []


def test_it_listens_on_ipv6(injector: Injector) -> None:
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with running(environment(injector.url), listen="[::1]:0") as exporter:
        assert exporter.get("/metrics").read()[0] == 200
        exporter.signal(signal.SIGTERM)
        assert exporter.ended() == 0


def test_no_secret_is_in_what_the_command_says(injector: Injector) -> None:
    injector.misbehave(["tdr/SENT"], silence)
    with running(
        environment(injector.url), "--log.level=debug", "--log.format=json", "--timeout=0.5"
    ) as exporter:
        page = exporter.get("/metrics").read()[1] + exporter.get("/").read()[1]
        command_line = Path(f"/proc/{exporter.process.pid}/cmdline").read_text()
        exporter.signal(signal.SIGTERM)
        assert exporter.ended() == 0
    said = "".join(exporter.log)
    assert "query failing" in said
    assert [secret for secret in SECRETS if secret in page + said + command_line] == []
