"""The table panel: several queries side by side, a row for each combination of their labels."""

from collections.abc import Sequence
from typing import NamedTuple

from tools.dashboards.looks import NO_DATA, Json, Words, mappings, named, thresholds
from tools.dashboards.panels import Panel


class Column(NamedTuple):
    field: str
    """A label, or a query."""
    name: str
    override: Json


def label(
    field: str, name: str = "", width: int | None = None, links: Sequence[tuple[str, str]] = ()
) -> Column:
    """A column that shows a label; `links` are addresses by title. A label without a name is for links only."""
    if not name:
        return Column(field, field, named(field, custom__hidden=True))
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
    return Column(expr, name, override)


def moment(name: str, expr: str, long_ago: str) -> Column:
    """A time in milliseconds; `long_ago` is shown for 0."""
    return value(name, expr, "dateTimeAsIsoNoDateIfToday", zero=long_ago, width=150)


def table(
    title: str,
    description: str,
    labels: Sequence[Column],
    values: Sequence[Column],
    *,
    sort: Sequence[str],
    no_value: str = NO_DATA,
) -> Json:
    """`sort` are names of columns, the most important first; "-" before one puts its highest values on top."""
    panel = Panel(title, description, {one.name: one.field for one in values}).of_type(
        "table", no_value=no_value
    )
    letters = [f"Value #{target['refId']}" if len(values) > 1 else "Value" for target in panel["targets"]]
    fields = [*(one.field for one in labels), *letters]
    names = [one.name for one in (*labels, *values)]
    panel["fieldConfig"]["overrides"] = [one.override for one in (*labels, *values)]
    options = panel.pop("options")
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": {"include": {"names": fields}}},
        {
            "id": "organize",
            "options": {
                "indexByName": {field: n for n, field in enumerate(fields)},
                "renameByName": dict(zip(fields, names, strict=True)),
            },
        },
    ]
    order = [{"displayName": name.removeprefix("-"), "desc": name[0] == "-"} for name in sort]
    return panel | {"options": options | {"sortBy": order}}
