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


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"], {})
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_has_every_command_group_flag_and_choice(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys)
    groups = ["account", "API", "scrape", "recent records", "web", "log"]
    expected = [
        *(f"    {name} " for name in COMMANDS),
        *(f"\n{group}:\n" for group in groups),
        "\nexample:\n",
    ]
    expected += [f"  {setting.flag} " for setting in SETTINGS if setting.flag]
    expected += ["--log.level {debug,info,warning,error}", "--log.format {logfmt,json}", "--config.file FILE"]
    assert [part for part in expected if part not in text] == []
    assert "--api-key" not in text


def test_every_command_has_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert help_of(capsys, command).startswith(f"usage: betatel-exporter {command} [flags]\n")


def test_shells_can_complete_commands_and_flags() -> None:
    for shell in ("bash", "zsh"):
        script = shtab.complete(make_parser(), shell)
        expected = [
            *COMMANDS,
            "--json",
            "--scenario",
            *(setting.flag for setting in SETTINGS if setting.flag),
        ]
        assert [word for word in expected if word not in script] == []


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"], {})
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"betatel-exporter {__version__}\n"


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


def test_a_key_on_the_command_line_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    leaks = []
    for key in ("5f2b8c0d9e1a4f7386b2c1d0e9f8a7b6", "sk_live_51H8xQ2eZvKYlo2C", "a'5f2b8c0d9e\"1a4f"):
        for arguments in (
            [key],
            ["serve", key],
            ["--api-key", key],
            [f"--api-key={key}"],
            [f"--{key}"],
            [f"-{key}"],
            ["check", f"--tiemout={key}"],
            [f"--help={key}"],
            ["healthcheck", key],
            ["demo", "--scenario", key],
            ["demo", "--seed", key],
            ["simulate", f"--speed={key}", key],
            ["healthcheck", f"--help={key}"],
        ):
            printed = fault(capsys, *arguments)
            leaks += [printed for part in (key, key[2:12]) if part in printed]
    assert leaks == []


def test_a_port_in_use_is_one_line_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in (
            ["serve", f"--web.listen-address=127.0.0.1:{port}"],
            ["demo", f"--web.listen-address=127.0.0.1:{port}", "--simulator.listen-address=127.0.0.1:0"],
            ["simulate", f"--listen-address=127.0.0.1:{port}"],
        ):
            assert main(command, ONE) == 1
            printed = capsys.readouterr().err
            assert printed == f"betatel-exporter: cannot listen on 127.0.0.1:{port}: Address already in use\n"
