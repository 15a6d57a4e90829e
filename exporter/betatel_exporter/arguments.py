"""The command line: a flag for each setting, and a sub-command for each task."""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from betatel_exporter import __version__
from betatel_exporter.address import Address
from betatel_exporter.config import SETTINGS
from betatel_exporter.config.parsers import Choice, Number, Whole, address
from betatel_exporter.files import DocumentError, Value, did_you_mean, shown
from betatel_exporter.simulator.scenarios import SCENARIOS

PROGRAM = "betatel-exporter"
DESCRIPTION = "Prometheus exporter for Telegram one-time codes sent through Betatel Connect Hub."
EPILOG = f"""\
Each setting is also a BETATEL_... variable and a key of the YAML file, except for the API key, which is never a flag.

example:
  BETATEL_API_KEY_FILE=/run/secrets/api-key {PROGRAM} --account-id=675aed61
  curl http://localhost:10742/metrics
"""
COMMANDS: Mapping[str, str] = {
    "serve": "Serve the metrics (default).",
    "check": """\
Collect once and print the result of each query, and the resulting API calls per day.

exit codes: 0 success, 2 configuration, 3 authentication, 4 connection, 5 rate limit, 6 bad response""",
    "demo": "Serve a simulated API and an exporter for it, on loopback: nothing to set up.",
    "simulate": "Serve a simulated API, to try everything without an account.",
    "healthcheck": "Request /-/healthy of the exporter on this machine.",
}
"""Descriptions by name; the first lines are the list of commands."""


class UsageError(Exception):
    """An invalid command line; one line without values, which could be keys."""


class Parser(argparse.ArgumentParser):
    """argparse with errors as exceptions."""

    commands: "Mapping[str, Parser]"
    """The sub-commands by name."""

    def __init__(self, **options: Any) -> None:
        formatter: Any = partial(argparse.RawDescriptionHelpFormatter, max_help_position=34)
        super().__init__(allow_abbrev=False, formatter_class=formatter, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(re.sub(r"(['\"]).*\1", "(a value)", message.removeprefix("argument ")))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command and its flags. Raises UsageError; --help and --version print and exit."""
    first = arguments[0] if arguments else "serve"
    if first.startswith("-") and first not in {"-h", "--help", "--version"}:
        first, arguments = "serve", ["serve", *arguments]
    if not first.startswith("-") and first not in COMMANDS:
        hint = did_you_mean(first, COMMANDS)
        raise UsageError(f"{shown(first)}: unknown command{hint}; allowed: {', '.join(COMMANDS)}")
    parser = make_parser()
    parsed, unknown = parser.parse_known_args(arguments or ["serve"])
    if unknown:
        raise UsageError(_problem(unknown[0].partition("=")[0], parser.commands[parsed.command]))
    return parsed


def make_parser() -> Parser:
    """The parser of the command line; healthcheck has its own, which imports less."""
    parser = Parser(
        prog=PROGRAM, usage=f"{PROGRAM} [COMMAND] [flags]", description=DESCRIPTION, epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    title = "commands, each with its own --help"
    subparsers = parser.add_subparsers(title=title, dest="command", metavar="COMMAND")
    commands = parser.commands = {
        name: subparsers.add_parser(
            name,
            usage=f"{PROGRAM} {name} [flags]",
            help=description.splitlines()[0],
            description=description,
        )
        for name, description in COMMANDS.items()
    }
    commands["check"].add_argument("--json", action="store_true", help="print JSON, for scripts")
    for each in (parser, commands["serve"], commands["check"]):
        _add_settings(each)
    _add_world(commands["simulate"], speed=1.0)
    _add_address(commands["simulate"], "--listen-address", "listen_address", 10743)
    _add_world(commands["demo"], speed=12.0)
    _add_address(commands["demo"], "--web.listen-address", "web", 10742)
    _add_address(commands["demo"], "--simulator.listen-address", "simulator", 10743)
    return parser


def _problem(argument: str, parser: Parser) -> str:
    if not argument.startswith("-"):
        return "unexpected argument: after the command, only flags and their values are allowed"
    if argument.startswith("--api-key"):
        return "--api-key: the key is never a flag; set BETATEL_API_KEY_FILE or BETATEL_API_KEY"
    allowed = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001
    return f"{shown(argument)}: unknown flag{did_you_mean(argument, allowed)}"


def _add_settings(parser: Parser) -> None:
    """A flag for each setting that has one; its value is checked with all other settings."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for setting in SETTINGS:
        if setting.flag is None:
            continue
        if setting.group not in groups:
            groups[setting.group] = parser.add_argument_group(setting.group)
        switch: dict[str, Any] = {"nargs": "?", "const": "true"} if setting.default_value is False else {}
        default = f" (default: {setting.default})" if setting.default else ""
        groups[setting.group].add_argument(
            setting.flag,
            dest=setting.key,
            default=argparse.SUPPRESS,
            metavar=setting.placeholder,
            help=f"{setting.description}{default}".replace("`", "").replace("%", "%%"),
            **switch,
        )


def _add_world(parser: Parser, speed: float) -> None:
    """The flags of the simulated world."""
    for flag, metavar, of, default, text in (
        ("--scenario", "NAME", Choice(tuple(SCENARIOS)), "normal", f"initial scenario: {', '.join(SCENARIOS)}"),
        ("--seed", "NUMBER", Whole(0, 999_999_999), 1, "random seed of the traffic"),
        ("--speed", "NUMBER", Number(0.001, 100_000), speed, "simulated seconds per second"),
        ("--messages-per-hour", "NUMBER", Number(0, 100_000), 600.0, "mean rate of messages"),
    ):  # fmt: skip
        parser.add_argument(
            flag, type=_checked(of), default=default, metavar=metavar, help=f"{text} (default: %(default)s)"
        )


def _add_address(parser: Parser, flag: str, name: str, port: int) -> None:
    parser.add_argument(
        flag,
        dest=name,
        type=_checked(address),
        default=Address("127.0.0.1", port),
        metavar="ADDRESS",
        help="address to listen on, [HOST]:PORT (default: %(default)s)",
    )


def _checked(parse: Callable[[Value], Any]) -> Callable[[str], Any]:
    """A parser of settings as the type of a flag."""

    def check(text: str) -> Any:
        try:
            return parse(Value.of_text("", text))
        except DocumentError as error:
            raise argparse.ArgumentTypeError(error.problem) from None

    return check
