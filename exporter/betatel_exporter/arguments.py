"""The command line's flags: one for every setting, and those of the simulated world."""

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from betatel_exporter.address import Address, parse_address
from betatel_exporter.config import nearest, settings_of

EPILOG = (
    "Every setting is also a BETATEL_ variable and a key of --config.file. The API key is never a flag: "
    "set BETATEL_API_KEY_FILE or BETATEL_API_KEY."
)


class UsageError(Exception):
    """A wrong command line; one line that repeats no value, which could be a key."""


class Parser(argparse.ArgumentParser):
    """argparse with faults as exceptions."""

    def __init__(self, command: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=f"betatel-exporter {command}",
            usage=f"betatel-exporter {command} [flags]",
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message.removeprefix("argument "))

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Raises UsageError."""
        parsed, unknown = self.parse_known_args(arguments)
        if unknown:
            raise UsageError(self._about(unknown[0].partition("=")[0]))
        return parsed

    def _about(self, flag: str) -> str:
        if not flag.startswith("-"):
            return f"{self.prog} takes no arguments but flags and their values"
        if flag.startswith("--api-key"):
            return f"{flag}: the key is never a flag; set BETATEL_API_KEY_FILE or BETATEL_API_KEY"
        allowed = [option for action in self._actions for option in action.option_strings]
        return f"{flag}: no such flag{nearest(flag, allowed)}"


def settings_parser(command: str, description: str) -> Parser:
    """A flag for every setting that has one, under the setting's key; the model checks the values."""
    parser = Parser(command, description, EPILOG)
    for setting in settings_of():
        if setting.flag:
            switch: dict[str, Any] = (
                {"nargs": "?", "const": "true"} if setting.field.annotation is bool else {}
            )
            parser.add_argument(
                setting.flag,
                dest=setting.key,
                default=argparse.SUPPRESS,
                metavar="VALUE",
                **switch,
                help=f"{setting.field.description} (default: {setting.default or 'none'})".replace("%", "%%"),
            )
    return parser


def world_parser(command: str, description: str) -> Parser:
    """The flags of the simulated world."""
    from betatel_exporter.simulator.scenarios import SCENARIOS  # noqa: PLC0415  the exporter itself starts without the simulator

    parser = Parser(command, description)
    parser.add_argument(
        "--scenario",
        choices=tuple(SCENARIOS),
        default="normal",
        help="what the API does at first (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of the traffic (default: %(default)s)"
    )
    parser.add_argument(
        "--speed",
        type=_number(0.001, 100_000),
        default=1.0,
        metavar="N",
        help="simulated seconds a second (default: 1)",
    )
    parser.add_argument(
        "--messages-per-hour",
        type=_number(0, 100_000),
        default=600.0,
        metavar="N",
        help="mean rate (default: 600)",
    )
    return parser


def address(text: str) -> Address:
    """The type of a flag that takes an address."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _number(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be a number from {least:g} to {most:g}")
        return number

    return parse
