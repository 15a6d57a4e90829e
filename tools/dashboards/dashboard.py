"""What the four dashboards share: variables, links, annotations, and the grid the panels stand in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tools.dashboards import queries
from tools.dashboards.fields import Json
from tools.dashboards.panels import DATASOURCE

COLUMNS = 24
TAG = "betatel"


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
    """A row with a heading; one per value of `repeat`, or folded up until somebody asks."""

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
        "templating": {"list": list(variables)},
        "annotations": {"list": [_alerts(), _starts()]},
        "links": [_links()],
        "panels": _place(content),
    }


def datasource() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "refresh": 1,
    }


def job() -> Json:
    return _choice("job", "Job", "label_values(betatel_up, job)")


def instance() -> Json:
    return _choice("instance", "Instance", 'label_values(betatel_up{job=~"$job"}, instance)')


def account() -> Json:
    query = f"label_values(betatel_up{{{queries.TARGET}}}, account)"
    return _choice("account", "Account", query)


def currency() -> Json:
    query = f"label_values(betatel_telegram_amount{{{queries.ACCOUNT}}}, currency)"
    return _choice("currency", "Currency", query)


def window() -> Json:
    """One window at a time: they overlap, so there is nothing to see in all of them together."""
    query = f"label_values(betatel_telegram_requests{{{queries.ACCOUNT}}}, window)"
    return _query("window", "Window", query) | {
        "current": {"text": "lasth", "value": "lasth"},
        "includeAll": False,
        "multi": False,
    }


def _choice(name: str, label: str, query: str) -> Json:
    return _query(name, label, query) | {
        "current": {"text": ["All"], "value": ["$__all"]},
        "includeAll": True,
        "allValue": ".+",
        "multi": True,
    }


def _query(name: str, label: str, query: str) -> Json:
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
    }


def _links() -> Json:
    return {
        "type": "dashboards",
        "title": "Betatel",
        "tags": [TAG],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
    }


def _alerts() -> Json:
    return _annotation(
        "Alerts",
        queries.alerts(),
        "red",
        titleFormat="{{alertname}} {{account}}",
        tagKeys="severity,account",
    )


def _starts() -> Json:
    # The metric is the time of the start: that is where Grafana is told to draw it, once for each start.
    return _annotation(
        "Exporter starts",
        queries.of_exporters(f"process_start_time_seconds{{{queries.TARGET}}} * 1000"),
        "blue",
        titleFormat="{{instance}} started",
        useValueForTime=True,
    )


def _annotation(name: str, expr: str, color: str, **details: Any) -> Json:
    return {
        "name": name,
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
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
