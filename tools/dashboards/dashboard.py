"""What the dashboards share: variables, links, annotations, and the grid of the panels."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tools.dashboards import alerts, promql
from tools.dashboards.looks import Json
from tools.dashboards.panels import DATASOURCE

COLUMNS = 24
TAG = "betatel"
HIDDEN = {"hide": 2}
"""For those who have several jobs: var-job and var-instance in the address still choose."""


@dataclass(frozen=True)
class Line:
    """Panels side by side: (width, panel), `COLUMNS` wide together."""

    height: int
    panels: Sequence[tuple[int, Json]]

    def place(self, y: int) -> Iterator[Json]:
        x = 0
        for width, panel in self.panels:
            yield panel | {"gridPos": {"x": x, "y": y, "w": width, "h": self.height}}
            x += width


@dataclass(frozen=True)
class Section:
    """A row with a heading; one for each value of `repeat`; its panels ask for nothing while it is collapsed."""

    title: str
    lines: Sequence[Line]
    repeat: str = ""
    collapsed: bool = False

    @property
    def height(self) -> int:
        return 1 if self.collapsed else 1 + sum(line.height for line in self.lines)

    def place(self, y: int) -> Iterator[Json]:
        inside = list(_stack(self.lines, y + 1))
        heading: Json = {
            "type": "row",
            "title": self.title,
            "collapsed": self.collapsed,
            "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            "panels": inside if self.collapsed else [],
        }
        yield heading | {"repeat": self.repeat} if self.repeat else heading
        yield from () if self.collapsed else inside


def dashboard(
    uid: str,
    title: str,
    description: str,
    *,
    variables: Sequence[Json],
    content: Iterable[Line | Section],
    since: str,
    marks: Sequence[Json] = (),
) -> Json:
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": [TAG],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 38,
        "version": 1,
        "timezone": "browser",
        "time": {"from": f"now-{since}", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [_datasource(), _job(), _instance(), *variables]},
        "annotations": {"list": [_alerts(), *marks]},
        "links": [_links()],
        "panels": _place(content),
    }


def account() -> Json:
    return chosen("account", "Account", f"betatel_up{{{promql.TARGET}}}")


def chosen(name: str, label: str, series: str) -> Json:
    """A choice of one, several or all values that the label `name` has in `series`."""
    query = f"label_values({series}, {name})"
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,  # when the time range changes: accounts and pods come and go
        "sort": 1,
        "hide": 0,
        "current": {"text": ["All"], "value": ["$__all"]},
        "includeAll": True,
        "allValue": ".+",
        "multi": True,
    }


def window() -> Json:
    """One window at a time: they overlap. A custom variable has words, and values before anything is scraped."""
    options = [
        {"text": text, "value": value, "selected": value == "lasth"}
        for text, value in (("5 min", "last5m"), ("1 h", "lasth"), ("24 h", "last24h"))
    ]
    return {
        "name": "window",
        "label": "Window",
        "type": "custom",
        "query": ", ".join(f"{option['text']} : {option['value']}" for option in options),
        "options": options,
        "current": options[1],
        "includeAll": False,
        "multi": False,
        "hide": 0,
    }


def restarts() -> Json:
    """A mark at the time of each start of an exporter, which is the metric's value."""
    start = f"process_start_time_seconds{{{promql.TARGET}}}"
    return _annotation(
        "Exporter starts",
        f"{promql.of_exporters(f'1000 * {start}')}\nunless ({start} offset $__interval == {start})",
        "blue",
        titleFormat="{{instance}} started",
        useValueForTime=True,
    )


def _datasource() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "refresh": 1,
    }


def _job() -> Json:
    return chosen("job", "Job", "betatel_up") | HIDDEN


def _instance() -> Json:
    return chosen("instance", "Instance", 'betatel_up{job=~"$job"}') | HIDDEN


def _links() -> Json:
    return {
        "type": "dashboards",
        "title": "Betatel dashboards",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
    }


def _alerts() -> Json:
    return _annotation(
        "Critical alerts",
        alerts.starts("critical"),
        "red",
        titleFormat="{{alertname}} {{account}}",
        tagKeys="account",
    )


def _annotation(name: str, expr: str, color: str, **details: Any) -> Json:
    return {
        "name": name,
        "datasource": DATASOURCE,
        "enable": True,
        "hide": True,
        "iconColor": color,
        "expr": expr,
        "step": "60s",
        **details,
    }


def _place(content: Iterable[Line | Section]) -> list[Json]:
    panels = list(_stack(content, 0))
    for number, panel in enumerate(_nested(panels), start=1):
        panel["id"] = number
    return panels


def _stack(content: Iterable[Line | Section], y: int) -> Iterator[Json]:
    for item in content:
        yield from item.place(y)
        y += item.height


def _nested(panels: Iterable[Json]) -> Iterator[Json]:
    for panel in panels:
        yield panel
        yield from panel.get("panels", ())
