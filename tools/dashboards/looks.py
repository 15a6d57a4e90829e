"""How values look: colours, thresholds, texts for numbers, and overrides for single series of a panel.

Green, orange and red judge and do nothing else. Red begins at an alert's own threshold, from prometheus/tuning.yml. A
status and a reason have one colour each, everywhere.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.rules import tune

Json = dict[str, Any]

GREEN, ORANGE, RED = "green", "orange", "red"
BLUE, GREY, TEAL = "blue", "#808080", "#2ca6a4"

FIXED: dict[str, Json] = yaml.safe_load(Path(__file__).with_name("grafana.yml").read_text(encoding="utf-8"))
STATUS: Mapping[str, str] = FIXED["status_colors"]
REASON: Mapping[str, str] = FIXED["reason_colors"]

NAMES = ("#5794f2", "#b877d9", TEAL, "#e08bb9", "#b07a3f", "#8a8f2b", "#1f60c4", "#7cc4d8")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

NO_DATA, NO_TRAFFIC, NO_EXPORTER, NO_RECORDS = "no data", "no traffic", "no exporter", "no recent records"

Words = Mapping[int, tuple[str, str]]
"""The text and the colour that replace a value."""

LIMITS = tune.current().thresholds
"""The thresholds of the alerts, from prometheus/tuning.yml."""

BUDGET = 1.0
"""BetatelSpendOverDailyBudget compares with the budget itself."""

ANY = 0.5
"""The limit of a count that is to be zero."""

DASHED: Json = {"custom__lineStyle": {"fill": "dash", "dash": [10, 6]}}


def thresholds(base: str, limit: float | None = None, color: str = RED) -> Json:
    """The colour `base`, and `color` from `limit` upwards."""
    steps: list[Json] = [{"color": base, "value": None}]
    if limit is not None:
        steps.append({"color": color, "value": limit})
    return {"mode": "absolute", "steps": steps}


def mappings(words: Words) -> list[Json]:
    options = {
        str(value): {"text": text, "color": color, "index": index}
        for index, (value, (text, color)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}] if options else []


def named(name: str, **properties: Any) -> Json:
    """An override for the series or column `name`, or for all that match "/name/".

    "__" in the name of a property stands for a dot; properties that are None are left out.
    """
    given = {key.replace("__", "."): value for key, value in properties.items() if value is not None}
    return {
        "matcher": {"id": "byRegexp" if name.startswith("/") else "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in given.items()],
    }


def drawn(name: str, color: str, **properties: Any) -> Json:
    """An override for the line called `name`."""
    return named(name, color={"mode": "fixed", "fixedColor": color}, **properties)


def lines(colors: Mapping[str, str]) -> list[Json]:
    """An override for each line, in its colour."""
    return [drawn(name, color) for name, color in colors.items()]


def colored_by_name() -> list[Json]:
    """An override for each colour of NAMES: first and last letter of a series' name choose one of them.

    So an account has one colour everywhere, and no palette with green and red is needed.
    """
    count = len(NAMES)
    letters = [LETTERS[n::count] + LETTERS[n:26:count].upper() for n in range(count)]
    patterns = (
        "|".join(f"^[{letters[n]}].*[{letters[(number - n) % count]}]$" for n in range(count))
        for number in range(count)
    )
    return [drawn(f"/{pattern}/", color) for pattern, color in zip(patterns, NAMES, strict=True)]
