"""How values look: colours, limits, words for numbers, and what differs for single series of a panel.

Green, orange and red judge and do nothing else. Red begins where an alert's own threshold lies, which comes from
prometheus/tuning.yml. A status and a reason have one colour each, everywhere.
"""

from collections.abc import Mapping, Sequence
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
"""On its way in light blues, arrived in dark ones, lost in warm ones."""

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

NO_DATA = "no data"
NO_TRAFFIC = "no traffic"
NO_EXPORTER = "no exporter"
NO_RECORDS = "no recent records"

Steps = Sequence[tuple[float | None, str]]
"""Colours of a value: each holds from its number upwards, the first, with None, from the start."""

Words = Mapping[int, tuple[str, str]]
"""The text and the colour that replace a value."""

NEUTRAL: Steps = ((None, BLUE),)
PLAIN: Steps = ((None, "text"),)
ANY_IS_BAD: Steps = ((None, GREEN), (0.5, RED))
ANY_NEEDS_A_LOOK: Steps = ((None, GREEN), (0.5, ORANGE))

BUDGET = 1.0
"""BetatelSpendOverDailyBudget compares with the budget itself."""

UP_OR_DOWN: Words = {0: ("down", RED), 1: ("up", GREEN)}


def limit(name: str) -> float:
    """The threshold of an alert, from prometheus/tuning.yml."""
    return tune.current().thresholds[name]


def judged(limit: float) -> Steps:
    """Green, and red from `limit` upwards."""
    return (None, GREEN), (limit, RED)


def marked(limit: float) -> Steps:
    """The colour of text, and red from `limit` upwards: in a table only red is to stand out."""
    return (*PLAIN, (limit, RED))


def thresholds(steps: Steps) -> Json:
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}


def mappings(words: Words) -> list[Json]:
    options = {
        str(value): {"text": text, "color": color, "index": index}
        for index, (value, (text, color)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}] if options else []


def missing(text: str, color: str = GREY) -> Json:
    """How a missing value looks. Without it Grafana gives it the colour of the lowest value, as a rule green."""
    return {"type": "special", "options": {"match": "null+nan", "result": {"text": text, "color": color}}}


def named(name: str, **properties: Any) -> Json:
    """An override for the series or column called `name`; "__" in a property's name stands for a dot."""
    return _override({"id": "byName", "options": name}, properties)


def matching(pattern: str, **properties: Any) -> Json:
    """An override for the series whose names match the regular expression `pattern`."""
    return _override({"id": "byRegexp", "options": f"/{pattern}/"}, properties)


def line(color: str, *, width: int | None = None, fill: int | None = None, dashed: bool = False) -> Json:
    """The properties of a line in a graph."""
    properties: Json = {"color": {"mode": "fixed", "fixedColor": color}}
    if width is not None:
        properties["custom__lineWidth"] = width
    if fill is not None:
        properties["custom__fillOpacity"] = fill
    if dashed:
        properties["custom__lineStyle"] = {"fill": "dash", "dash": [10, 6]}
    return properties


def drawn(
    name: str, color: str, *, width: int | None = None, fill: int | None = None, dashed: bool = False
) -> Json:
    """An override for the line called `name`."""
    return named(name, **line(color, width=width, fill=fill, dashed=dashed))


def lines(colors: Mapping[str, str], names: Sequence[str] = ()) -> list[Json]:
    """One override for each of `names`, or of all `colors`."""
    return [drawn(name, colors[name]) for name in (names or colors)]


def colored_by_name() -> list[Json]:
    """An override for each colour of NAMES: first and last letter of a series' name choose one of them.

    So an account has one colour everywhere, and no palette with green and red is needed.
    """
    count = len(NAMES)
    letters = [LETTERS[n::count] + LETTERS[n:26:count].upper() for n in range(count)]
    return [
        matching(
            "|".join(f"^[{letters[n]}].*[{letters[(number - n) % count]}]$" for n in range(count)),
            **line(color),
        )
        for number, color in enumerate(NAMES)
    ]


def band(lower: str, upper: str, color: str) -> list[Json]:
    """Two series without a line of their own, and the space between them filled."""
    unlisted = {"custom__hideFrom": {"legend": True, "tooltip": False, "viz": False}}
    edge = line(color, width=0, fill=0) | unlisted
    filled = edge | {"custom__fillBelowTo": lower, "custom__fillOpacity": 20}
    return [named(lower, **edge), named(upper, **filled)]


def _override(matcher: Json, properties: Mapping[str, Any]) -> Json:
    return {
        "matcher": matcher,
        "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()],
    }


CURRENCIES: Sequence[Json] = [matching(f"{code}$", unit=f"currency{code}") for code in ("EUR", "GBP", "USD")]
"""Amounts of series whose names end in one of these codes carry the sign of the currency."""
