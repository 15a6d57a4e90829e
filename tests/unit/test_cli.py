import socket

import pytest

from betatel_exporter import __version__
from betatel_exporter.cli import COMMANDS, main
from betatel_exporter.config import settings_of
from tests.support.command import run

KEY = "key-5f0c1a"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("BETATEL_API_KEY", KEY)
    monkeypatch.setenv("BETATEL_ACCOUNT_ID", "account-1")
    return monkeypatch


def fault(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("betatel-exporter: ")
    assert told.err.count("\n") == 1
    return told.err.removeprefix("betatel-exporter: ").removesuffix("\n")


@pytest.mark.parametrize("arguments", [["--version"], ["version"]])
def test_the_version_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"betatel-exporter {__version__}\n"


def test_help_names_every_command_and_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(f"  {command} " in told for command in COMMANDS)
    assert all(f"  {setting.flag} " in told for setting in settings_of() if setting.flag)
    assert "--api-key" not in told


@pytest.mark.parametrize("command", ["serve", "check", "demo", "simulate", "healthcheck"])
def test_every_command_has_its_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: betatel-exporter ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sevre"], "sevre: no such command, did you mean serve?; there are serve, check, demo, simulate"),
        (["--windwos=lasth"], "--windwos: no such flag, did you mean --windows?"),
        (["check", "--jsno"], "--jsno: no such flag, did you mean --json?"),
        (["--timeout"], "--timeout: expected one argument"),
        (["serve", "now"], "takes no arguments but flags and their values"),
        (["--timeout", "soon"], "timeout (--timeout, BETATEL_TIMEOUT): must be a valid number"),
        (["demo", "--scenario", "flood"], "--scenario: invalid choice: 'flood'"),
        (["demo", "--speed", "0"], "--speed: must be a number from 0.001 to 100000"),
        (["simulate", "--listen-address", "here"], "--listen-address: must be [HOST]:PORT"),
        (["--web.config.file", "/nowhere"], "/nowhere"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert told in fault(capsys, *arguments)


@pytest.mark.parametrize(
    "arguments", [["--api-key=secret-1"], ["--api-key", "secret-1"], ["secret-1", "x"], ["serve", "secret-1"]]
)
def test_a_key_on_the_command_line_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    told = fault(capsys, *arguments)
    if arguments[0] != "secret-1":  # a command's name is told
        assert "secret-1" not in told
    if arguments[0].startswith("--api-key"):
        assert "the key is never a flag; set BETATEL_API_KEY_FILE or BETATEL_API_KEY" in told


def test_a_taken_port_is_one_line_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in (
            ["serve", f"--web.listen-address=127.0.0.1:{port}"],
            ["demo", f"--web.listen-address=127.0.0.1:{port}", "--simulator.listen-address=127.0.0.1:0"],
            ["simulate", f"--listen-address=127.0.0.1:{port}"],
        ):
            assert main(command) == 1
            told = capsys.readouterr().err
            assert told == f"betatel-exporter: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_without_settings_the_process_says_what_is_missing_and_ends_with_2() -> None:
    ended = run()
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "betatel-exporter: account_id (--account-id, BETATEL_ACCOUNT_ID): is required",
        "betatel-exporter: api_key (BETATEL_API_KEY) or api_key_file (BETATEL_API_KEY_FILE): "  # noqa: ISC004  one line
        "exactly one is required, neither is there",
    ]
