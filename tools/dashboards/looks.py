"""How values look: colours, thresholds, texts for numbers, and overrides for single series of a panel.

Green, orange and red judge and do nothing else. Red begins at an alert's own threshold, from prometheus/tuning.yml. A
status and a reason have one colour each, everywhere.
"""

from collections.abc import Mapping
from typing import Any

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Status
from tools.rules import tune

Json = dict[str, Any]

GREEN, ORANGE, RED = "green", "orange", "red"
BLUE, GREY, TEAL = "blue", "#808080", "#2ca6a4"

STATUS: Mapping[str, str] = {
    Status.PENDING: "#8ab8ff",
    Status.SENT: "#5794f2",
    Status.DELIVERED: "#1f60c4",
    Status.READ: "#a16bc4",
    Status.EXPIRED: "#b07a3f",
    Status.REVOKED: GREY,
    Status.FAILED: "#d6498f",
}

REASON: Mapping[str, str] = {
    Reason.UNAUTHORIZED: "#8f3bb8",
    Reason.RATE_LIMITED: "#5794f2",
    Reason.CLIENT_ERROR: "#ca95e5",
    Reason.SERVER_ERROR: "#d6498f",
    Reason.TIMEOUT: "#b07a3f",
    Reason.CONNECT: TEAL,
    Reason.TLS: "#8a8f2b",
    Reason.INVALID_RESPONSE: GREY,
    Reason.INTERNAL: "#1f60c4",
}

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
"""Below any count but zero."""

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


def fixed(color: str) -> Json:
    return {"mode": "fixed", "fixedColor": color}


def named(name: str, **properties: Any) -> Json:
    """An override for the series or column called `name`, of the properties that are not None; "__" is a dot."""
    return _override("byName", name, properties)


def matching(pattern: str, **properties: Any) -> Json:
    """An override for the series whose names match the regular expression `pattern`."""
    return _override("byRegexp", f"/{pattern}/", properties)


def _override(matcher: str, options: str, properties: Mapping[str, Any]) -> Json:
    given = {key.replace("__", "."): value for key, value in properties.items() if value is not None}
    return {
        "matcher": {"id": matcher, "options": options},
        "properties": [{"id": key, "value": value} for key, value in given.items()],
    }


def drawn(name: str, color: str, **properties: Any) -> Json:
    """An override for the line called `name`."""
    return named(name, color=fixed(color), **properties)


def lines(colors: Mapping[str, str]) -> list[Json]:
    """An override for each line, in its colour."""
    return [drawn(name, color) for name, color in colors.items()]


def colored_by_name() -> list[Json]:
    """An override for each colour of NAMES: first and last letter of a series' name choose one of them.

    So an account has one colour everywhere, and no palette with green and red is needed.
    """
    count = len(NAMES)
    letters = [LETTERS[n::count] + LETTERS[n:26:count].upper() for n in range(count)]
    return [
        matching(
            "|".join(f"^[{letters[n]}].*[{letters[(number - n) % count]}]$" for n in range(count)),
            color=fixed(color),
        )
        for number, color in enumerate(NAMES)
    ]


def band(lower: str, upper: str, color: str) -> list[Json]:
    """Two series without a line of their own, and the space between them filled."""
    unlisted = {"legend": True, "tooltip": False, "viz": False}
    edge: Json = {"custom__lineWidth": 0, "custom__fillOpacity": 0, "custom__hideFrom": unlisted}
    filled = edge | {"custom__fillBelowTo": lower, "custom__fillOpacity": 20}
    return [drawn(lower, color, **edge), drawn(upper, color, **filled)]
