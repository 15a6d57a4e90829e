"""Grafana panels as plain dictionaries, of the core panel types only."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from tools.dashboards import looks
from tools.dashboards.looks import Json, Words, mappings, thresholds

FIXED: dict[str, Json] = yaml.safe_load(Path(__file__).with_name("grafana.yml").read_text(encoding="utf-8"))


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
        """A number for each series at the end of the time range: on a green or red tile where there is a limit.

        `color` may replace red; `absent` is the colour of a missing value; `more` is the uid of the dashboard that the
        number links to.
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
        no_value: str = looks.NO_DATA,
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
