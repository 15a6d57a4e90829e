import socket

import pytest
import shtab

from betatel_exporter import __version__
from betatel_exporter.arguments import COMMANDS, make_parser
from betatel_exporter.cli import main
from betatel_exporter.config import SETTINGS

ONE = {"BETATEL_API_KEY": "key-5f0c1a", "BETATEL_ACCOUNT_ID": "account-1"}


def fault(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments, ONE) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("betatel-exporter: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("betatel-exporter: ").removesuffix("\n")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_has_every_command_group_flag_and_choice(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "--help")
    expected = [f"    {name} " for name in COMMANDS]
    expected += [
        f"\n{group}:\n" for group in ("account", "API", "scrape", "recent records", "web", "log", "example")
    ]
    expected += [f"  {setting.flag} " for setting in SETTINGS if setting.flag]
    expected += ["--log.level {debug,info,warning,error}", "--log.format {logfmt,json}", "--config.file FILE"]
    assert [part for part in expected if part not in text] == []
    assert "--api-key" not in text
    for command in COMMANDS:
        assert printed(capsys, command, "--help").startswith(f"usage: betatel-exporter {command} [flags]\n")


def test_shells_can_complete_commands_and_flags() -> None:
    for shell in ("bash", "zsh"):
        script = shtab.complete(make_parser(), shell)
        flags = [setting.flag for setting in SETTINGS if setting.flag]
        assert [word for word in (*COMMANDS, *flags, "--json", "--scenario") if word not in script] == []


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--version") == f"betatel-exporter {__version__}\n"


WRONG = {
    "sevre": "sevre: unknown command; did you mean serve?; allowed: serve, check, demo, simulate",
    "--windwos=lasth": "--windwos: unknown flag; did you mean --windows?",
    "demo --timeout=3": "--timeout: unknown flag",
    "--timeout": "--timeout: expected one argument",
    "--timeout=5 check": "unexpected argument: after the command, only flags and their values are allowed",
    "--timeout soon": "--timeout: must be a number above 0 and at most 300",
    "demo --scenario outrage": "--scenario: must be one of normal, outage",
    "demo --speed 0": "--speed: must be a number from 0.001 to 100000",
    "simulate --listen-address here": "--listen-address: must be [HOST]:PORT",
    "--web.config.file /nowhere": "web config file: no such file or directory in /",
    "--api-key=x": "--api-key: the key is never a flag; set BETATEL_API_KEY_FILE or BETATEL_API_KEY",
}


def test_a_wrong_command_line_is_one_line_and_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, expected in WRONG.items():
        assert fault(capsys, *arguments.split()).startswith(expected)


MISPLACED = (
    "KEY", "serve KEY", "--api-key KEY", "--api-key=KEY", "--KEY", "-KEY", "check --json=KEY", "--help=KEY",
    "healthcheck KEY", "healthcheck --help=KEY", "demo --scenario KEY", "demo --seed KEY", "simulate --speed=KEY KEY",
)  # fmt: skip


def test_a_key_on_the_command_line_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    leaks = []
    for key in ("5f2b8c0d9e1a4f7386b2c1d0e9f8a7b6", "sk_live_51H8xQ2eZvKYlo2C", "a'5f2b8c0d9e\"1a4f"):
        for arguments in MISPLACED:
            text = fault(capsys, *arguments.replace("KEY", key).split())
            leaks += [text for part in (key, key[2:12]) if part in text]
    assert leaks == []


def test_a_port_in_use_is_one_line_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for command in (
            f"serve --web.listen-address={address}",
            f"demo --web.listen-address={address} --simulator.listen-address=127.0.0.1:0",
            f"simulate --listen-address={address}",
        ):
            assert main(command.split(), ONE) == 1
            fault = f"cannot listen on {address}: Address already in use"
            assert capsys.readouterr().err == f"betatel-exporter: {fault}\n"
