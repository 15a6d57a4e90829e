"""Grafana panels as plain dictionaries, of the core panel types only."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.dashboards.fields import GREY, NEUTRAL, Json, Steps, Words, mappings, nothing, thresholds

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Query:
    """One query of a panel. `instant` asks for the end of the time range only."""

    expr: str
    legend: str = "{{account}}"
    instant: bool = False

    def target(self, index: int, *, table: bool = False) -> Json:
        return {
            "datasource": DATASOURCE,
            "refId": chr(ord("A") + index),
            "expr": self.expr,
            "legendFormat": self.legend,
            "instant": self.instant,
            "range": not self.instant,
            "format": "table" if table else "time_series",
            # The least step, and a quarter of the least $__rate_interval: fits scrapes of up to a minute.
            "interval": "1m",
        }


def stat(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str,
    no_value: str,
    steps: Steps = NEUTRAL,
    words: Words | None = None,
    decimals: int | None = None,
    overrides: Sequence[Json] = (),
    text: str = "auto",
    absent: str = GREY,
    more: str = "",
) -> Json:
    """One big number per series; a coloured tile where `steps` judge it, a plain one where they do not.

    `absent` is the colour where there is none, `more` the uid of the dashboard that the tile leads to.
    """
    panel = panel_of("stat", title, description, [query.target(0)], unit=unit, no_value=no_value)
    _judge(panel, steps, words or {}, absent)
    if decimals is not None:
        panel["fieldConfig"]["defaults"]["decimals"] = decimals
    panel["fieldConfig"]["overrides"] = list(overrides)
    panel["options"] = {
        "colorMode": "value" if steps is NEUTRAL else "background",
        "graphMode": "none" if query.instant else "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": _last_value(),
        "textMode": text,
    }
    if more:
        panel["links"] = [{"title": "More", "url": f"/d/{more}?${{__url_time_range}}&${{__all_variables}}"}]
    return panel


def timeseries(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    unit: str,
    no_value: str,
    overrides: Sequence[Json] = (),
    limits: Steps = (),
    bottom: float | None = 0,
    stacked: bool = False,
    bars: bool = False,
    figures: bool = False,
) -> Json:
    """Lines over time. `limits` are drawn dashed; `figures` puts last and highest values into the legend."""
    panel = panel_of("timeseries", title, description, _targets(queries), unit=unit, no_value=no_value)
    defaults = panel["fieldConfig"]["defaults"]
    if bottom is not None:
        defaults["min"] = bottom
    defaults["custom"] = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 60 if stacked or bars else 0,
        "lineWidth": 1 if stacked or bars else 2,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }
    defaults["thresholds"] = thresholds(limits or NEUTRAL)
    panel["fieldConfig"]["overrides"] = list(overrides)
    panel["options"] = {
        "legend": {
            "calcs": ["lastNotNull", "max"] if figures else [],
            "displayMode": "table" if figures else "list",
            "placement": "bottom",
            "showLegend": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel


def bargauge(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str,
    no_value: str,
    steps: Steps,
    top: float | None = None,
) -> Json:
    """One horizontal bar per series, coloured by `steps`; full at `top`, or at the largest value."""
    panel = panel_of("bargauge", title, description, [query.target(0)], unit=unit, no_value=no_value)
    _judge(panel, steps, {}, GREY)
    panel["fieldConfig"]["defaults"] |= {"min": 0} if top is None else {"min": 0, "max": top}
    panel["options"] = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": _last_value(),
        "showUnfilled": True,
        "valueMode": "color",
    }
    return panel


def state_timeline(
    title: str, description: str, queries: Sequence[Query], *, no_value: str, words: Words
) -> Json:
    """One lane per series, coloured by what its value means."""
    panel = panel_of("state-timeline", title, description, _targets(queries), unit="none", no_value=no_value)
    _judge(panel, NEUTRAL, words, GREY)
    panel["fieldConfig"]["defaults"]["custom"] = {"fillOpacity": 80, "lineWidth": 0, "spanNulls": False}
    panel["options"] = {
        "alignValue": "left",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel


def panel_of(
    kind: str, title: str, description: str, targets: list[Json], *, unit: str, no_value: str
) -> Json:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": {"unit": unit, "noValue": no_value}, "overrides": []},
        "options": {},
    }


def _targets(queries: Sequence[Query]) -> list[Json]:
    return [query.target(index) for index, query in enumerate(queries)]


def _judge(panel: Json, steps: Steps, words: Words, absent: str) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    defaults["color"] = {"mode": "thresholds"}
    defaults["thresholds"] = thresholds(steps)
    defaults["mappings"] = [*mappings(words), nothing(defaults["noValue"], absent)]


def _last_value() -> Json:
    return {"calcs": ["lastNotNull"], "fields": "", "values": False}
