"""Completion for bash and zsh, from the parser of the command line."""

from collections.abc import Mapping
from typing import Any

import shtab

from betatel_exporter.arguments import PROGRAM, make_parser
from betatel_exporter.config import SETTINGS
from betatel_exporter.simulator.scenarios import SCENARIOS

FOLDER = "packaging/completions"


def files() -> Mapping[str, str]:
    return {f"{FOLDER}/{PROGRAM}.bash": completion("bash"), f"{FOLDER}/_{PROGRAM}": completion("zsh")}


def completion(shell: str) -> str:
    parser, commands = make_parser()
    for each in (parser, *commands.values()):
        for action in each._actions:  # noqa: SLF001  argparse has no other way to list them
            _complete(action)
    return str(shtab.complete(parser, shell))


def _complete(action: Any) -> None:
    """Values where they are few, file names where the value is one."""
    choices = {setting.key: setting.choices for setting in SETTINGS if setting.choices} | {
        "scenario": list(SCENARIOS)
    }
    if action.metavar == "FILE":
        action.complete = shtab.FILE
    elif action.dest in choices:
        action.choices = choices[action.dest]
