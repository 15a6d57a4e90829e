"""The committed dashboards, read as Grafana reads them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.paths import ROOT

Json = dict[str, Any]
Chosen = str | tuple[str, ...] | None
Choice = Mapping[str, Chosen]
"""What is chosen in each variable; None is "All"."""


FOLDER = ROOT / "grafana" / "dashboards"

DURATIONS = {"$__rate_interval": "4m", "$__interval": "1m"}
"""With the panels' least step of a minute and a range short enough for it."""


@dataclass(frozen=True)
class Target:
    """One query of one panel."""

    dashboard: str
    panel: str
    kind: str
    ref: str
    expr: str
    legend: str
    instant: bool
    repeated: bool
    """Whether it stands in a row that is there once for each account."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.dashboard, self.panel, self.ref


def dashboards() -> list[Json]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def everything(dashboard: Json) -> Iterator[Json]:
    """Rows and panels, those in folded rows included."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panels(dashboard: Json) -> Iterator[Json]:
    return (panel for panel in everything(dashboard) if panel["type"] != "row")


def targets(dashboard: Json) -> Iterator[Target]:
    repeated = False
    for panel in everything(dashboard):
        if panel["type"] == "row":
            repeated = "repeat" in panel
            continue
        for target in panel["targets"]:
            yield Target(
                dashboard["uid"],
                panel["title"],
                panel["type"],
                target["refId"],
                target["expr"],
                target["legendFormat"],
                target["instant"],
                repeated,
            )


def all_targets() -> list[Target]:
    return [target for dashboard in dashboards() for target in targets(dashboard)]


def with_durations(expr: str, span: int = 21600) -> str:
    """`expr` with Grafana's own variables replaced; `span` is the length of the time range in seconds."""
    for name, value in {**DURATIONS, "$__range": f"{span}s"}.items():
        expr = expr.replace(name, value)
    return expr


def interpolate(expr: str, choice: Choice, span: int) -> str:
    """`expr` as Grafana sends it: values escaped where they stand in a regular expression."""

    def value(match: re.Match[str]) -> str:
        chosen = choice[match[2]]
        return f'{match[1]}"{_regex(chosen) if match[1] == "=~" else chosen}'

    return re.sub(r'(=~|=)"\$(\w+)', value, with_durations(expr, span))


def _regex(chosen: Chosen) -> str:
    if chosen is None:
        return ".+"
    escaped = [
        re.escape(one).replace("\\", "\\\\") for one in ([chosen] if isinstance(chosen, str) else chosen)
    ]
    return escaped[0] if isinstance(chosen, str) else f"({'|'.join(escaped)})"
