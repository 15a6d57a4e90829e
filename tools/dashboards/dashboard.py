"""What the dashboards share: variables, annotations, and the grid of the panels."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, count
from typing import Any

from tools.dashboards import alerts
from tools.dashboards.looks import FIXED, Json
from tools.dashboards.promql import TARGET

COLUMNS = 24
HIDDEN = {"hide": 2}
"""For those who have several jobs: var-job and var-instance in the address still choose."""

Line = Sequence[Json]
"""Panels side by side, of one height."""


def line(height: int, *panels: Json, widths: Sequence[int] = ()) -> Line:
    """Panels of equal widths, unless others are given."""
    widths = widths or [COLUMNS // len(panels)] * len(panels)
    columns = zip(panels, accumulate(widths, initial=0), widths, strict=False)
    return [panel | {"gridPos": {"x": x, "y": 0, "w": width, "h": height}} for panel, x, width in columns]


def row(title: str, *lines: Line, repeat: str = "", collapsed: bool = False) -> list[Line]:
    """Lines under a heading, once for each value of `repeat`; collapsed panels run no queries."""
    panels = lines if collapsed else []
    (heading,) = line(1, FIXED["row"] | {"title": title, "collapsed": collapsed, "panels": panels})
    if repeat:
        heading["repeat"] = repeat
    return [[heading], *([] if collapsed else lines)]


def dashboard(
    uid: str,
    description: str,
    *lines: Line,
    since: str,
    variables: Sequence[Json] = (),
    marks: Sequence[Json] = (),
) -> Json:
    """`variables` and `marks` (annotations) beside those of all dashboards."""
    job = chosen("job", "betatel_up") | HIDDEN
    instance = chosen("instance", 'betatel_up{job=~"$job"}') | HIDDEN
    account = chosen("account", f"betatel_up{{{TARGET}}}")
    begun, title = alerts.starts("critical"), "{{alertname}} {{account}}"
    critical = annotation("Critical alerts", begun, "red", titleFormat=title, tagKeys="account")
    return FIXED["dashboard"] | {
        "uid": uid,
        "title": uid.replace("-", " / ").title(),
        "description": description,
        "time": {"from": f"now-{since}", "to": "now"},
        "templating": {"list": [FIXED["datasource_variable"], job, instance, account, *variables]},
        "annotations": {"list": [critical, *marks]},
        "panels": list(_placed(lines, 0, count(1))),
    }


def chosen(label: str, series: str) -> Json:
    """A choice of one, several or all values that `label` has in `series`."""
    query = f"label_values({series}, {label})"
    names = {"name": label, "label": label.capitalize()}
    return FIXED["label_variable"] | names | {"query": {"query": query, "refId": label}, "definition": query}


def annotation(name: str, expr: str, color: str, **details: Any) -> Json:
    return FIXED["annotation"] | {"name": name, "iconColor": color, "expr": expr, **details}


def _placed(lines: Iterable[Line], y: int, numbers: Iterator[int]) -> Iterator[Json]:
    """The panels of all lines, numbered, one line below the other from `y` on."""
    for panels in lines:
        for panel in panels:
            panel["gridPos"]["y"] = y
            panel["id"] = next(numbers)
            if panel["type"] == "row":
                panel["panels"] = list(_placed(panel["panels"], y + 1, numbers))
            yield panel
        y += panels[0]["gridPos"]["h"]
