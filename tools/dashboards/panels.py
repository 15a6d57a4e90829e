"""Grafana panels as plain dictionaries, of the core panel types only."""

from collections.abc import Mapping, Sequence
from typing import Any

from tools.dashboards.looks import (
    BLUE,
    GREY,
    NEUTRAL,
    NO_DATA,
    Json,
    Steps,
    Words,
    colored_by_name,
    mappings,
    missing,
    thresholds,
)

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}

Queries = str | Mapping[str, str]
"""PromQL by legend; of one query alone the legend is the account."""


def stat(
    title: str,
    description: str,
    queries: Queries,
    *,
    steps: Steps = NEUTRAL,
    words: Words | None = None,
    absent: str = GREY,
    more: str = "",
    text: str = "value_and_name",
    **settings: Any,
) -> Json:
    """A number for each series, as it is at the end of the time range.

    A coloured tile where `steps` judge it, else a plain one. `absent` is the colour of a missing value; `more` is the
    uid of the dashboard that the number links to.
    """
    panel = panel_of("stat", title, description, queries, **settings)
    defaults = panel["fieldConfig"]["defaults"]
    defaults |= {
        "color": {"mode": "thresholds"},
        "thresholds": thresholds(steps),
        "mappings": [*mappings(words or {}), missing(defaults["noValue"], absent)],
    }
    if more:  # on the number: a link of the panel takes the place that its title needs
        defaults["links"] = [
            {"title": "More", "url": f"/d/{more}?${{__url_time_range}}&${{__all_variables}}"}
        ]
    panel["options"] = {
        "colorMode": "value" if steps is NEUTRAL else "background",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": text,
        "wideLayout": True,
    }
    return panel


def timeseries(
    title: str,
    description: str,
    queries: Queries,
    *,
    limit: float | None = None,
    reach: float | None = None,
    area: bool = False,
    bars: bool = False,
    figures: bool = False,
    **settings: Any,
) -> Json:
    """Lines over time, those of accounts coloured by their names; `area` and `bars` are stacked.

    `limit` is drawn as a dashed red line. The axis goes up to `reach` at least, so that noise near zero stays small.
    `figures` makes the legend a table on the right with last and highest values, the highest last value on top.
    """
    panel = panel_of("timeseries", title, description, queries, **{"min": 0} | settings)
    if any("{{account}}" in one["legendFormat"] for one in panel["targets"]):
        panel["fieldConfig"]["overrides"][:0] = colored_by_name()
    stacked = area or bars
    panel["fieldConfig"]["defaults"] |= {
        "color": {"mode": "fixed", "fixedColor": BLUE},
        "thresholds": thresholds(NEUTRAL if limit is None else ((None, "transparent"), (limit, "red"))),
        "custom": {
            "axisSoftMax": limit and limit * 1.2 if reach is None else reach,
            "drawStyle": "bars" if bars else "line",
            "fillOpacity": 60 if stacked else 0,
            "lineWidth": 1 if stacked else 2,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "off" if limit is None else "dashed"},
        },
    }
    legend = {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}
    if figures:
        legend |= {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "right"}
        legend |= {"sortBy": "Last *", "sortDesc": True}
    panel["options"] = {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel


def lanes(title: str, description: str, queries: Queries, *, words: Words, **settings: Any) -> Json:
    """A lane for each series, coloured by what its value means."""
    panel = panel_of("state-timeline", title, description, queries, unit="none", **settings)
    panel["fieldConfig"]["defaults"] |= {
        # Under "thresholds" Grafana merges values by threshold and ignores the mappings.
        "color": {"mode": "fixed", "fixedColor": GREY},
        "mappings": mappings(words),
        "custom": {"fillOpacity": 80, "lineWidth": 0, "spanNulls": False},
    }
    panel["options"] = {
        "alignValue": "left",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel


def heatmap(title: str, description: str, queries: Queries, *, strongest: float, **settings: Any) -> Json:
    """A row of cells for each series, the stronger the closer the value is to `strongest`."""
    settings |= {"min": 0, "max": strongest, "points": 120}  # Grafana refuses more than fit
    panel = panel_of("status-history", title, description, queries, **settings)
    panel["fieldConfig"]["defaults"] |= {
        "color": {"mode": "continuous-purples"},
        "custom": {"fillOpacity": 90, "lineWidth": 0},
    }
    panel["options"] = {
        "colWidth": 1,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
        "rowHeight": 0.9,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel


def panel_of(
    kind: str,
    title: str,
    description: str,
    queries: Queries,
    *,
    unit: str = "locale",
    no_value: str = NO_DATA,
    overrides: Sequence[Json] = (),
    points: int | None = None,
    **defaults: Any,
) -> Json:
    """A panel with its queries; `defaults` are Grafana's own settings of a field (min, max, decimals).

    `points` is the most points in time a query is evaluated at, where one for each pixel costs too much.
    """
    named = {"{{account}}": queries} if isinstance(queries, str) else queries
    return {
        **({"maxDataPoints": points} if points else {}),
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": [_target(kind, chr(ord("A") + n), *one) for n, one in enumerate(named.items())],
        "fieldConfig": {
            "defaults": {"unit": unit, "noValue": no_value} | defaults,
            "overrides": list(overrides),
        },
    }


def _target(kind: str, letter: str, legend: str, expr: str) -> Json:
    """Numbers and tables show the end of the time range: they ask for nothing else."""
    instant = kind in {"stat", "table"}
    return {
        "datasource": DATASOURCE,
        "refId": letter,
        "expr": expr,
        "legendFormat": legend,
        "instant": instant,
        "range": not instant,
        "format": "table" if kind == "table" else "time_series",
        # The least step, and a quarter of the least $__rate_interval: fits scrapes of up to a minute.
        "interval": "1m",
    }
