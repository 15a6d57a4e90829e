"""Rules of Grafana's dashboard-linter, and our own.

Each takes a dashboard and yields (title of the panel or name of the variable, fault). Those of Grafana's linter are as
strict as the originals or stricter: they look at panels of every type.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import promql_parser as promql

from tests.artifacts.dashboards.boards import Json, everything, panels, parsed, selectors, targets, variables
from tools.dashboards.looks import REASON, STATUS
from tools.rules import tune

Faults = Iterator[tuple[str, str]]
Rule = Callable[[Json], Faults]

UNITS = {
    "none", "locale", "percentunit", "s", "dthms", "bytes", "cpm", "suffix: min", "dateTimeAsIsoNoDateIfToday",
    "currencyEUR", "currencyGBP", "currencyUSD"
}  # fmt: skip
"""Each is in Grafana's list of value formats. Of "short" a count becomes "1 K"."""
CORE = {"timeseries", "stat", "table", "state-timeline", "status-history"}
JUDGEMENT = {"green", "orange", "red"}
LONGEST_TITLE = 5
"""Letters that fit on a column of 1280 pixels, of which there are 24."""


# Grafana's


def data_source(board: Json) -> Faults:
    found = [(one["name"], one["label"], one["query"]) for one in variables(board, "datasource")]
    if found != [("datasource", "Data source", "prometheus")]:
        yield "datasource", "one variable for a data source of type prometheus is needed"
    for panel in panels(board):
        for part in (panel, *panel["targets"]):
            if part["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                yield panel["title"], "does not use the data source variable"


def choices(board: Json) -> Faults:
    found = {one["name"]: one for one in variables(board, "query")}
    for name in {"job", "instance", *found}:
        variable = found.get(name, {})
        if (variable.get("multi"), variable.get("allValue"), variable.get("refresh")) != (True, ".+", 2):
            yield name, "is to be a choice of several or all values, renewed when the time range changes"
        elif not re.fullmatch(r"label_values\(.+, \w+\)", variable["query"]["query"]):
            yield name, "is no label_values(selector, label)"
        elif fault := _syntax(variable["query"]["query"][len("label_values(") :].rpartition(",")[0]):
            yield name, fault


def texts(board: Json) -> Faults:
    for panel in panels(board):
        for text in ("title", "description"):
            if not panel.get(text):
                yield panel.get("title", ""), f"has no {text}"
        if not panel["fieldConfig"]["defaults"].get("noValue"):
            yield panel["title"], "has no words for an empty panel"


def units(board: Json) -> Faults:
    for panel in panels(board):
        config = panel["fieldConfig"]
        found = [one["value"] for override in config["overrides"] for one in _properties(override, "unit")]
        for unit in (config["defaults"].get("unit"), *found):
            if unit not in UNITS:
                yield panel["title"], f"{unit!r} is no known unit"


def queries(board: Json) -> Faults:
    for panel in panels(board):
        if not panel["targets"]:
            yield panel["title"], "has no query"
    for target in targets(board):
        if fault := _syntax(target.expr):
            yield target.panel, fault


def rate_interval(board: Json) -> Faults:
    for target in targets(board):
        ranges = re.findall(r"\b(?:i?rate|increase)\([^][]*\[([^]]*)\]", target.expr)
        if any(found != "$__rate_interval" for found in ranges):
            yield target.panel, "should use $__rate_interval"


def counters(board: Json) -> Faults:
    for target in targets(board):
        calls = re.findall(r"(\w*\(?)\b\w+_total\b", target.expr)
        if any(call not in {"rate(", "irate(", "increase("} for call in calls):
            yield target.panel, "a counter outside rate, irate and increase"


def target_matchers(board: Json) -> Faults:
    """An alert may carry neither label, a recorded series has no instance."""
    for target in targets(board):
        if _syntax(target.expr):
            continue
        for selector in selectors(target.expr):
            empty = "|" if selector.name == "ALERTS" else ""
            wanted = {"job"} if ":" in str(selector.name) else {"job", "instance"}
            found = {one.name: one.value for one in selector.matchers.matchers if one.op == promql.MatchOp.Re}
            for label in wanted:
                if found.get(label) != f".+{empty}":
                    yield target.panel, f"{selector.name} is not matched by {label}"


def not_editable(board: Json) -> Faults:
    if board.get("editable", True):
        yield "", "is editable"


# Our own


def unique(board: Json) -> Faults:
    found = list(everything(board))
    for key in ("id", "title"):
        values = [panel[key] for panel in found]
        yield from ((str(one), f"{key} is not unique") for one in set(values) if values.count(one) > 1)


def grid(board: Json) -> Faults:
    """No overlap, no hole: lines of panels of one height, 24 wide."""
    collapsed = [row["panels"] for row in everything(board) if row.get("panels")]
    for group in (board["panels"], *collapsed):
        lines: dict[tuple[int, int], int] = {}
        for panel in group:
            place = panel["gridPos"]
            line = place["y"], place["h"]
            if place["x"] != lines.get(line, 0):
                yield panel["title"], "overlaps, or leaves a hole"
            lines[line] = place["x"] + place["w"]
        yield from (("", f"line {line} is {width} wide") for line, width in lines.items() if width != 24)
        if any(y + h != below for (y, h), (below, _) in pairwise(sorted(lines))):
            yield "", "lines overlap, or leave a hole"


def tiles(board: Json) -> Faults:
    """At most six, on top, with titles that are not cut, of the value at the end of the range."""
    found = [panel for panel in panels(board) if panel["type"] == "stat"]
    if len(found) > 6:
        yield "", "has more than six tiles"
    for panel in found:
        if panel["gridPos"]["y"]:
            yield panel["title"], "is not on top"
        if len(panel["title"].replace("$window", "24 h")) > LONGEST_TITLE * panel["gridPos"]["w"]:
            yield panel["title"], "is too long a title for a tile"
        if panel["options"]["graphMode"] != "none" or not all(one["instant"] for one in panel["targets"]):
            yield panel["title"], "would show an old value where there is none now"


def missing_values(board: Json) -> Faults:
    """Grafana gives them the colour of the lowest threshold, green as a rule, unless a mapping has another."""
    for panel in panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] == "stat" and not any(
            one["type"] == "special"
            and one["options"]["match"] == "null+nan"
            and one["options"]["result"]["text"] == defaults["noValue"]
            and one["options"]["result"]["color"] in {"#808080", "red"}
            for one in defaults["mappings"]
        ):
            yield panel["title"], "a missing value is not grey"


def state_timelines(board: Json) -> Faults:
    """Under "thresholds" all states look alike."""
    for panel in panels(board):
        if panel["type"] not in CORE:
            yield panel["title"], f"{panel['type']} is not looked after here"
        if panel["type"] == "state-timeline" and panel["fieldConfig"]["defaults"]["color"]["mode"] != "fixed":
            yield panel["title"], "is coloured by thresholds instead of by its mappings"


def tables(board: Json) -> Faults:
    """Grafana's own least width of a column, 150, puts the last ones out of sight."""
    for panel in panels(board):
        if (
            panel["type"] == "table"
            and panel["fieldConfig"]["defaults"].get("custom", {}).get("minWidth", 150) > 100
        ):
            yield panel["title"], "has wide columns: custom.minWidth"


def links(board: Json) -> Faults:
    for panel in panels(board):
        config = panel["fieldConfig"]
        found = [*panel.get("links", []), *config["defaults"].get("links", [])]
        for override in config["overrides"]:
            found += [link for one in _properties(override, "links") for link in one["value"]]
        for link in found:
            if f"/d/{board['uid']}?" in link["url"]:
                yield panel["title"], "leads to itself"
    if board["tags"] != ["betatel"] or [one["tags"] for one in board["links"]] != [board["tags"]]:
        yield "", "is not among the linked dashboards"


def annotations(board: Json) -> Faults:
    """A query for annotations that holds on marks every step, from edge to edge."""
    for mark in board["annotations"]["list"]:
        if not re.search(r"\bunless\b.+\boffset \$__interval", mark["expr"], re.DOTALL):
            yield mark["name"], "marks more than beginnings: unless … offset $__interval"
        if not set(re.findall(r"{{(\w+)}}", mark["titleFormat"])) <= {"alertname", "account", "instance"}:
            yield mark["name"], "has a label in its title that its query does not keep"


def overrides(board: Json) -> Faults:
    """An override by name is for a series, a column or a label of its panel."""
    for panel in panels(board):
        names = {target["legendFormat"] for target in panel["targets"]}
        names |= set(STATUS) if "{{status}}" in names else set()
        names |= set(REASON) if "{{reason}}" in names else set()
        for operation in ("stats", "tdr") if any("{{operation}}" in name for name in names) else ():
            names |= {name.replace("{{operation}}", operation) for name in names}
        for step in panel.get("transformations", []):
            names |= set(step["options"].get("renameByName", {}).values())
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["id"] == "byName" and override["matcher"]["options"] not in names:
                yield panel["title"], f"has no series {override['matcher']['options']!r}"


def colors(board: Json) -> Faults:
    """Green, orange and red judge; a status and a reason have one colour each, everywhere."""
    for panel in panels(board):
        config = panel["fieldConfig"]
        for override in config["overrides"]:
            name = override["matcher"]["options"]
            for one in _properties(override, "color"):
                color = one["value"]["fixedColor"]
                if color in JUDGEMENT:
                    yield panel["title"], f"{name} is {color} without being judged"
                if color != {**STATUS, **REASON}.get(name, color):
                    yield panel["title"], f"{name} has another colour elsewhere"
        if config["defaults"].get("color", {}).get("mode", "").startswith("palette"):
            yield panel["title"], "colours by a palette that has green and red"


def red(board: Json) -> Faults:
    """Red begins at a threshold of an alert, at any number of what is bad anyway, or over the budget."""
    limits = {
        *tune.current().thresholds.values(),
        0.5,
        1.0,
        tune.current().thresholds["pending_seconds"] / 60,
    }
    for panel in panels(board):
        config = panel["fieldConfig"]
        found = [
            one["value"] for override in config["overrides"] for one in _properties(override, "thresholds")
        ]
        for steps in (one["steps"] for one in (config["defaults"].get("thresholds"), *found) if one):
            for step in steps:
                if step["color"] == "red" and step["value"] not in limits:
                    yield panel["title"], f"is red from {step['value']} on, where no alert is"


def used_variables(board: Json) -> Faults:
    text = str([board["panels"], board["templating"]["list"], board["annotations"]["list"]])
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__all"}
    known = {variable["name"] for variable in variables(board)}
    yield from ((name, "is not used") for name in known - used)
    unknown = (name for name in used - known if not name.startswith("__") and not name.isdigit())
    yield from ((name, "is not defined") for name in unknown)


RULES: tuple[Rule, ...] = (
    data_source, choices, texts, units, queries, rate_interval, counters, target_matchers, not_editable,
    unique, grid, tiles, missing_values, state_timelines, tables, links, annotations, overrides, colors, red,
    used_variables
)  # fmt: skip


def _properties(override: Json, wanted: str) -> list[Json]:
    return [one for one in override["properties"] if one["id"] == wanted]


def _syntax(expr: str) -> str:
    try:
        parsed(expr)
    except ValueError as error:
        return str(error)
    return ""
