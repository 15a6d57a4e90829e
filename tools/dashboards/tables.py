"""The table panel: several queries side by side, a line for each combination of their labels."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.dashboards.fields import NEUTRAL, Json, Steps, Words, mappings, named, thresholds
from tools.dashboards.panels import Query, panel_of


@dataclass(frozen=True)
class Column:
    """A column of a table: the value of a query, named and shown in `unit`."""

    name: str
    expr: str
    unit: str = "short"
    decimals: int | None = None
    steps: Steps = ()
    words: Words | None = None

    def override(self) -> Json:
        properties: Json = {"unit": self.unit, "noValue": "-"}
        if self.decimals is not None:
            properties["decimals"] = self.decimals
        if self.words is not None:
            properties["mappings"] = mappings(self.words)
        if self.steps or self.words:
            properties["thresholds"] = thresholds(self.steps or NEUTRAL)
            properties["custom.cellOptions"] = {"type": "color-text"}
        return named(self.name, properties)


def table(
    title: str, description: str, labels: Sequence[str], columns: Sequence[Column], *, no_value: str
) -> Json:
    """One line per combination of `labels`, then the `columns`."""
    queries = [Query(column.expr, "", instant=True) for column in columns]
    targets = [query.target(index, table=True) for index, query in enumerate(queries)]
    values = [f"Value #{target['refId']}" if len(targets) > 1 else "Value" for target in targets]
    names = [column.name for column in columns]
    panel = panel_of("table", title, description, targets, unit="short", no_value=no_value)
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": {"include": {"names": [*labels, *values]}}},
        {
            "id": "organize",
            "options": {
                "indexByName": {name: index for index, name in enumerate((*labels, *values))},
                "renameByName": dict(zip(values, names, strict=True)),
            },
        },
    ]
    panel["fieldConfig"]["overrides"] = [column.override() for column in columns]
    panel["options"] = {"cellHeight": "sm", "showHeader": True, "footer": {"show": False}}
    return panel
