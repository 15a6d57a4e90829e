"""The committed dashboards, read as Grafana reads them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from tests.support.paths import ROOT

Json = dict[str, Any]

FOLDER = ROOT / "grafana" / "dashboards"
ALL = ".+"
DEFAULTS = {
    **dict.fromkeys(("job", "instance", "account", "currency", "country", "network"), ALL),
    "window": "lasth",
    "__rate_interval": "4m",
    "__interval": "60s",
    "__range": "7200s",
}


@dataclass(frozen=True)
class Target:
    """One query of one panel."""

    dashboard: str
    panel: str
    kind: str
    expr: str
    legend: str
    """In a table, the name of the column."""
    instant: bool
    repeat: str
    """The variable, for each value of which the panel is shown once."""

    @property
    def name(self) -> str:
        return f"{self.dashboard} / {self.panel} / {self.legend}"


def dashboards() -> dict[str, Json]:
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return {board["uid"]: board for board in found}


def everything(board: Json) -> Iterator[Json]:
    """Rows and panels, those in collapsed rows included."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panels(board: Json) -> Iterator[Json]:
    return (panel for panel in everything(board) if panel["type"] != "row")


def variables(board: Json, kind: str = "") -> list[Json]:
    return [one for one in board["templating"]["list"] if kind in {"", one["type"]}]


def targets(board: Json) -> Iterator[Target]:
    repeat = ""
    for panel in everything(board):
        repeat = panel.get("repeat", "") if panel["type"] == "row" else repeat
        for one in panel.get("targets", []):
            about = (
                board["uid"],
                panel["title"],
                panel["type"],
                one["expr"],
                one["legendFormat"],
                one["instant"],
            )
            yield Target(*about, repeat)


def all_targets() -> list[Target]:
    return [target for board in dashboards().values() for target in targets(board)]


def interpolated(expr: str, chosen: Mapping[str, str] | None = None) -> str:
    """`expr` with Grafana's variables replaced, all values being chosen but for those in `chosen`."""
    values = DEFAULTS | dict(chosen or {})
    return re.sub(r"\$(\w+)", lambda match: values.get(match[1], match[0]), expr)


def parsed(expr: str) -> promql.Expr:
    return promql.parse(interpolated(expr))


def selectors(expr: str) -> list[promql.VectorSelector]:
    """Every selector of a query, those inside ranges included."""
    found: list[promql.VectorSelector] = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        return True

    promql.walk(parsed(expr), visit)
    return found
