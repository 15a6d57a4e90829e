"""The table panel: several queries side by side, a row for each combination of their labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.dashboards.looks import PLAIN, Json, Steps, Words, mappings, named, thresholds
from tools.dashboards.panels import panel_of


@dataclass(frozen=True)
class Label:
    """A column that shows a label; `links` are addresses by title. A label without a name is for links only."""

    label: str
    name: str = ""
    width: int = 0
    links: Sequence[tuple[str, str]] = ()

    def override(self) -> Json:
        if not self.name:
            return named(self.label, custom__hidden=True)
        # an address of the same Grafana keeps the tab
        links = [
            {"title": title, "url": url, "targetBlank": not url.startswith("/")} for title, url in self.links
        ]
        width = {"custom__width": self.width} if self.width else {}
        return named(self.name, noValue="-", links=links, **width)


@dataclass(frozen=True)
class Column:
    """A column that shows the value of a query, in `unit`.

    `steps` colour the number, `words` replace it and fill the cell with colour, `zero` replaces a zero.
    """

    name: str
    expr: str
    unit: str = "locale"
    decimals: int | None = None
    steps: Steps = PLAIN
    words: Words | None = None
    zero: str = ""
    width: int = 0

    def override(self) -> Json:
        properties: dict[str, Any] = {
            "unit": self.unit,
            "noValue": "-",
            "thresholds": thresholds(self.steps),
            "custom__cellOptions": {"type": "color-text"},
        }
        if self.decimals is not None:
            properties["decimals"] = self.decimals
        if self.width:
            properties["custom__width"] = self.width
        if self.zero:
            properties["mappings"] = [{"type": "value", "options": {"0": {"text": self.zero, "index": 0}}}]
        if self.words is not None:
            properties["mappings"] = mappings(self.words)
            properties["custom__cellOptions"] = {"type": "color-background", "mode": "basic"}
            properties["thresholds"] = thresholds(((None, "transparent"),))
        return named(self.name, **properties)


def moment(name: str, expr: str, long_ago: str, steps: Steps = PLAIN) -> Column:
    """A time in milliseconds; `long_ago` is shown for 0."""
    return Column(name, expr, "dateTimeAsIsoNoDateIfToday", steps=steps, zero=long_ago, width=150)


def table(
    title: str,
    description: str,
    labels: Sequence[Label],
    columns: Sequence[Column],
    *,
    sort: Iterable[str],
    **settings: Any,
) -> Json:
    """`sort` are names of columns, the most important first; "-" before one puts its highest values on top."""
    queries = {column.name: column.expr for column in columns}
    panel = panel_of("table", title, description, queries, **settings)
    values = [f"Value #{target['refId']}" if len(columns) > 1 else "Value" for target in panel["targets"]]
    shown = {label.label: label.name or label.label for label in labels}
    shown |= dict(zip(values, queries, strict=True))
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": {"include": {"names": list(shown)}}},
        {
            "id": "organize",
            "options": {"indexByName": {name: n for n, name in enumerate(shown)}, "renameByName": shown},
        },
    ]
    panel["fieldConfig"]["defaults"]["custom"] = {"minWidth": 80}
    panel["fieldConfig"]["overrides"] = [
        *(label.override() for label in labels),
        *(column.override() for column in columns),
    ]
    panel["options"] = {
        "cellHeight": "sm",
        "showHeader": True,
        "footer": {"show": False},
        "sortBy": [{"displayName": name.removeprefix("-"), "desc": name.startswith("-")} for name in sort],
    }
    return panel
