"""Grafana panels as plain dictionaries, of the core panel types only.

A table shows several queries side by side, a row for each combination of their labels.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tools.dashboards import looks
from tools.dashboards.looks import FIXED, NO_DATA, Json, Words, mappings, named, thresholds


@dataclass(frozen=True)
class Panel:
    """What a panel shows; each method is a way to show it, with the settings of `of_type` and its own.

    `limit` is a threshold of an alert: red begins there.
    """

    title: str
    description: str
    queries: str | Mapping[str, str]
    """PromQL by legend; the legend of a single query is the account."""

    def stat(
        self,
        *,
        limit: float | None = None,
        color: str = looks.RED,
        words: Words | None = None,
        absent: str = looks.GREY,
        more: str = "",
        name: bool = True,
        **settings: Any,
    ) -> Json:
        """A number for each series at the end of the time range, with its `name`; on a coloured tile if there is a limit.

        `color` may replace red; `absent` is the colour of a missing value; the number links to the dashboard `more`.
        """
        panel = self.of_type("stat", **settings)
        defaults = panel["fieldConfig"]["defaults"]
        # Without a mapping Grafana gives a missing value the colour of the lowest step.
        missing = {"match": "null+nan", "result": {"text": defaults["noValue"], "color": absent}}
        defaults["mappings"] = [*mappings(words or {}), {"type": "special", "options": missing}]
        defaults["thresholds"] = thresholds(looks.BLUE if limit is None else looks.GREEN, limit, color)
        if more:  # on the number: a link of the panel takes the place that its title needs
            url = f"/d/{more}?${{__url_time_range}}&${{__all_variables}}"
            defaults["links"] = [{"title": "More", "url": url}]
        panel["options"]["colorMode"] = "value" if limit is None else "background"
        panel["options"]["textMode"] = "value_and_name" if name else "value"
        return panel

    def timeseries(
        self,
        *,
        limit: float | None = None,
        reach: float | None = None,
        stacked: Literal["line", "bars"] | None = None,
        figures: bool = False,
        **settings: Any,
    ) -> Json:
        """Lines over time, those of accounts coloured by their names; or areas (`stacked="line"`) or bars.

        A dashed red line marks the limit. The axis goes up to `reach` at least, so that noise near zero stays small.
        `figures` makes the legend a table on the right with last and highest values, the highest last value on top.
        """
        panel = self.of_type("timeseries", **{"min": 0} | settings)
        if any("{{account}}" in one["legendFormat"] for one in panel["targets"]):
            panel["fieldConfig"]["overrides"][:0] = looks.colored_by_name()
        defaults = panel["fieldConfig"]["defaults"]
        defaults["thresholds"] = thresholds(looks.BLUE if limit is None else "transparent", limit)
        custom = defaults["custom"]
        custom["axisSoftMax"] = limit and limit * 1.2 if reach is None else reach
        custom["thresholdsStyle"] = {"mode": "off" if limit is None else "dashed"}
        if stacked:
            custom |= {"drawStyle": stacked, "fillOpacity": 60, "lineWidth": 1}
            custom["stacking"]["mode"] = "normal"
        if figures:
            legend = panel["options"]["legend"]
            legend |= {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "right"}
            legend |= {"sortBy": "Last *", "sortDesc": True}
        return panel

    def lanes(self, *, words: Words, **settings: Any) -> Json:
        """A lane for each series, coloured by what its value means."""
        panel = self.of_type("state-timeline", unit="none", **settings)
        panel["fieldConfig"]["defaults"]["mappings"] = mappings(words)
        return panel

    def heatmap(self, *, strongest: float, **settings: Any) -> Json:
        """A row of cells for each series, the stronger the closer the value is to `strongest`."""
        points = 120  # Grafana refuses more than fit
        return self.of_type("status-history", **settings, min=0, max=strongest, points=points)

    def of_type(
        self,
        kind: str,
        *,
        unit: str = "locale",
        no_value: str = NO_DATA,
        overrides: Sequence[Json] = (),
        points: int | None = None,
        **defaults: Any,
    ) -> Json:
        """The panel with its queries; `defaults` are Grafana's own settings of a field (min, max, decimals).

        `points` is the most points in time a query is evaluated at, where one for each pixel costs too much.
        """
        queries = {"{{account}}": self.queries} if isinstance(self.queries, str) else self.queries
        fixed = copy.deepcopy(FIXED[kind])
        return {
            **({"maxDataPoints": points} if points else {}),
            "type": kind,
            "title": self.title,
            "description": self.description,
            "datasource": FIXED["source"],
            "targets": [_target(kind, chr(ord("A") + n), *one) for n, one in enumerate(queries.items())],
            "fieldConfig": {
                "defaults": {"unit": unit, "noValue": no_value} | defaults | fixed["defaults"],
                "overrides": list(overrides),
            },
            "options": fixed["options"],
        }


def _target(kind: str, letter: str, legend: str, expr: str) -> Json:
    """Numbers and tables show the end of the time range: they ask for nothing else."""
    instant = kind in {"stat", "table"}
    target = FIXED["target"] | {"refId": letter, "expr": expr, "legendFormat": legend}
    return (
        target | {"instant": instant, "range": not instant} | ({"format": "table"} if kind == "table" else {})
    )


class Column(NamedTuple):
    """Of a table: a label, or the value of a query."""

    label: str
    name: str
    override: Json
    expr: str = ""


def hidden(field: str) -> Column:
    """A label for links only."""
    return Column(field, field, named(field, custom__hidden=True))


def label(
    field: str, name: str = "", *, width: int | None = None, links: Sequence[tuple[str, str]] = ()
) -> Column:
    """A column that shows a label, called like the label unless named; `links` are addresses by title."""
    name = name or field.capitalize()
    targets = [{"title": title, "url": url, "targetBlank": url[0] != "/"} for title, url in links]
    return Column(field, name, named(name, noValue="-", links=targets, custom__width=width))


def value(
    name: str,
    expr: str,
    unit: str = "locale",
    decimals: int | None = None,
    limit: float | None = None,
    *,
    words: Words | None = None,
    zero: str = "",
    width: int | None = None,
) -> Column:
    """A column that shows the value of a query, in `unit`.

    The number is red from `limit`; `words` replace it and fill the cell with colour, `zero` replaces a zero.
    """
    cell, texts = {"type": "color-text"}, None
    if zero:
        texts = [{"type": "value", "options": {"0": {"text": zero, "index": 0}}}]
    if words:
        cell, texts = {"type": "color-background", "mode": "basic"}, mappings(words)
    override = named(
        name,
        unit=unit,
        noValue="-",
        thresholds=thresholds("transparent" if words else "text", limit),
        custom__cellOptions=cell,
        decimals=decimals,
        custom__width=width,
        mappings=texts,
    )
    return Column("", name, override, expr)


def moment(name: str, expr: str, long_ago: str) -> Column:
    """A time in milliseconds; `long_ago` is shown for 0."""
    return value(name, expr, "dateTimeAsIsoNoDateIfToday", zero=long_ago, width=150)


def table(
    title: str, description: str, columns: Sequence[Column], *, sort: Sequence[str], no_value: str = NO_DATA
) -> Json:
    """`sort` are names of columns, the most important first; "-" before one puts its highest values on top."""
    queries = {one.name: one.expr for one in columns if one.expr}
    panel = Panel(title, description, queries).of_type("table", no_value=no_value)
    values = iter([f"Value #{one['refId']}" for one in panel["targets"]] if len(queries) > 1 else ["Value"])
    names = {one.label or next(values): one.name for one in columns}
    panel["fieldConfig"]["overrides"] = [one.override for one in columns]
    options = panel.pop("options")
    order = {"indexByName": {field: n for n, field in enumerate(names)}, "renameByName": names}
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": {"include": {"names": list(names)}}},
        {"id": "organize", "options": order},
    ]
    sorted_by = [{"displayName": name.removeprefix("-"), "desc": name[0] == "-"} for name in sort]
    return panel | {"options": options | {"sortBy": sorted_by}}
