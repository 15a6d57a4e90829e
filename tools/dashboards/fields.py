"""How values look: colours, thresholds, words for numbers, and what differs for single series of a panel."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

GREEN, ORANGE, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#808080"

Steps = Sequence[tuple[float | None, str]]
"""Colours of a value: each holds from its number upwards, the first, with None, from the start."""

Words = Mapping[int, tuple[str, str]]
"""What is written, and in which colour, instead of a number."""

NEUTRAL: Steps = ((None, BLUE),)

UP_OR_DOWN: Words = {0: ("down", RED), 1: ("up", GREEN)}
OK_OR_FAILED: Words = {0: ("failed", RED), 1: ("ok", GREEN)}
FIRING: Words = {1: ("firing", RED)}


def thresholds(steps: Steps) -> Json:
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}


def mappings(words: Words) -> list[Json]:
    options = {
        str(value): {"text": text, "color": color, "index": index}
        for index, (value, (text, color)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}] if options else []


def nothing(text: str, color: str) -> Json:
    """What no value looks like. Without it, it is coloured like the lowest one: green as a rule."""
    return {"type": "special", "options": {"match": "null+nan", "result": {"text": text, "color": color}}}


def named(name: str, properties: Mapping[str, Any]) -> Json:
    """An override for the series or column called `name`."""
    return _override({"id": "byName", "options": name}, properties)


def matching(pattern: str, properties: Mapping[str, Any]) -> Json:
    """An override for the series whose names match the regular expression `pattern`."""
    return _override({"id": "byRegexp", "options": f"/{pattern}/"}, properties)


def line(
    color: str, *, width: int | None = None, fill: int | None = None, dashed: bool = False
) -> dict[str, Any]:
    """The properties of a line in a graph."""
    properties: dict[str, Any] = {"color": {"mode": "fixed", "fixedColor": color}}
    if width is not None:
        properties["custom.lineWidth"] = width
    if fill is not None:
        properties["custom.fillOpacity"] = fill
    if dashed:
        properties["custom.lineStyle"] = {"fill": "dash", "dash": [10, 6]}
    return properties


def band(lower: str, upper: str, color: str) -> list[Json]:
    """Two series without a line of their own, and the space between them filled."""
    unlisted = {"custom.hideFrom": {"legend": True, "tooltip": False, "viz": False}}
    filled = line(color, width=0, fill=20) | unlisted | {"custom.fillBelowTo": lower}
    return [named(lower, line(color, width=0, fill=0) | unlisted), named(upper, filled)]


def _override(matcher: Json, properties: Mapping[str, Any]) -> Json:
    return {
        "matcher": matcher,
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }
