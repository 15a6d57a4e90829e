"""The committed dashboards, read as Grafana reads them."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.support.paths import ROOT

Json = dict[str, Any]

DEFAULTS = {
    **dict.fromkeys(("job", "instance", "account", "currency", "country", "network"), ".+"),
    "window": "lasth",
    "__rate_interval": "4m",
    "__interval": "60s",
    "__range": "7200s",
}


class Target(NamedTuple):
    """One query of one panel."""

    kind: str
    repeat: str
    """The variable for each value of which the panel is repeated."""
    expr: str
    legend: str
    """In a table, the name of the column."""
    instant: bool


def dashboards() -> dict[str, Json]:
    """By name without "betatel-"."""
    files = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
    return {
        path.stem.removeprefix("betatel-"): json.loads(path.read_text(encoding="utf-8")) for path in files
    }


def panels(board: Json) -> Iterator[Json]:
    """Rows, and panels, those in collapsed rows included."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def variables(board: Json) -> list[Json]:
    """Those with values of labels."""
    return [one for one in board["templating"]["list"] if one["type"] == "query"]


def targets() -> dict[str, Target]:
    """By name: "dashboard / panel / legend"."""
    found = {}
    for name, board in dashboards().items():
        repeat = ""
        for panel in panels(board):
            repeat = panel.get("repeat", "") if panel["type"] == "row" else repeat
            for one in panel.get("targets", []):
                legend = one["legendFormat"]
                target = Target(panel["type"], repeat, one["expr"], legend, one["instant"])
                found[f"{name} / {panel['title']} / {legend}"] = target
    return found


def interpolated(expr: str, **chosen: str) -> str:
    """`expr` with Grafana's variables replaced: by all values, but for those in `chosen`."""
    values = DEFAULTS | chosen
    return re.sub(r"\$(\w+)", lambda match: values.get(match[1], match[0]), expr)
