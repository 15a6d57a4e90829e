"""Rules of Grafana's dashboard-linter, and our own, that a new panel may break; the builder keeps the others."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.artifacts.dashboards.boards import Json, dashboards, interpolated, panels, targets
from tests.artifacts.rules.rulefile import selectors
from tools.dashboards.looks import ANY, BUDGET, LIMITS, REASON, STATUS

UNITS = {
    "none", "locale", "percentunit", "s", "dthms", "bytes", "cpm", "suffix: min", "dateTimeAsIsoNoDateIfToday",
    "currencyEUR", "currencyGBP", "currencyUSD"
}  # fmt: skip
"""Each is in Grafana's list of value formats. Of "short" a count becomes "1 K"."""
LETTERS = 5
"""Of a title, that fit on a column of 1280 pixels, of which there are 24."""
RED = {*LIMITS.values(), LIMITS["pending_seconds"] / 60, BUDGET, ANY}


def test_the_dashboards_keep_the_rules() -> None:
    faults = [f"{name}: {fault}" for name, board in dashboards().items() for fault in _of_board(board)]

    assert faults == []


def test_the_panels_keep_the_rules() -> None:
    faults = [
        f"{name}: {panel['title']}: {fault}"
        for name, board in dashboards().items()
        for panel in panels(board)
        if panel["type"] != "row"
        for fault in (*_of_panel(panel), *_of_fields(panel))
    ]

    assert faults == []


def test_the_queries_keep_the_rules() -> None:
    faults = []
    for name, target in targets().items():
        ranges = re.findall(r"\b(?:rate|increase)\([^][]*\[([^]]*)\]", target.expr)
        if set(ranges) - {"$__rate_interval"}:
            faults.append(f"{name}: a rate over another range than $__rate_interval")
        if re.search(r"(?<!\brate\()(?<!\bincrease\()\b\w+_total\b", target.expr):
            faults.append(f"{name}: a counter outside rate and increase")
        for selector in selectors(interpolated(target.expr)):
            # an alert may carry neither label, a recorded series has no instance
            value = ".+|" if selector.name == "ALERTS" else ".+"
            wanted = {"job"} if ":" in str(selector.name) else {"job", "instance"}
            if not wanted <= {one.name for one in selector.matchers.matchers if one.value == value}:
                faults.append(f"{name}: {selector.name} without job or instance")

    assert faults == []


def test_every_link_leads_to_a_dashboard() -> None:
    names = {f"betatel-{name}" for name in dashboards()}
    links = re.findall(r'/d/([\w-]+)|"dashboard", "([\w-]+)"', str(dashboards()))

    assert {board["uid"] for board in dashboards().values()} == names
    assert {page or board for page, board in links} <= names


def _of_board(board: Json) -> Iterator[str]:
    titles, kinds, widths = Counter[str](), Counter[str](), Counter[int]()
    for panel in panels(board):
        titles[panel["title"]] += 1
        kinds[panel["type"]] += 1
        widths[panel["gridPos"]["y"]] += panel["gridPos"]["w"]
    if set(titles.values()) != {1}:
        yield f"two panels of one title: {titles.most_common(1)}"
    if kinds["stat"] > 6:
        yield "more than six tiles"
    if set(widths.values()) != {24}:
        yield "a line that is not 24 columns wide"
    parts = str([board["panels"], board["templating"], board["annotations"]])
    used = set(re.findall(r"\$\{?([a-z]\w+)", parts))
    if used != {one["name"] for one in board["templating"]["list"]}:
        yield f"uses the variables {sorted(used)}"
    if f"/d/{board['uid']}?" in str(board["panels"]):
        yield "has a link to itself"


def _of_panel(panel: Json) -> list[str]:
    kind, defaults = panel["type"], panel["fieldConfig"]["defaults"]
    letters, columns = len(panel["title"].replace("$window", "24 h")), panel["gridPos"]["w"]
    faults = {
        "no description": not panel["description"],
        "a title that does not fit on the tile": kind == "stat" and letters > LETTERS * columns,
        "a tile that is not on top": kind == "stat" and panel["gridPos"]["y"] > 0,
        # Grafana gives a missing value the colour of the lowest step, as a rule green.
        "a missing value is not grey": kind == "stat" and defaults["mappings"][-1]["type"] != "special",
        # Under "thresholds" all states look alike.
        "states without colours": kind == "state-timeline" and defaults["color"]["mode"] != "fixed",
        # Grafana's own least width, 150, puts the last columns out of sight.
        "wide columns": kind == "table" and defaults["custom"]["minWidth"] > 100,
    }
    return [fault for fault, found in faults.items() if found]


def _of_fields(panel: Json) -> Iterator[str]:
    names = {target["legendFormat"] for target in panel["targets"]}
    for label, values in {"status": STATUS, "reason": REASON, "operation": ("stats", "tdr")}.items():
        names |= {name.replace(f"{{{{{label}}}}}", value) for name in names for value in values}
    for step in panel.get("transformations", []):
        names |= set(step["options"].get("renameByName", {}).values())
    fields = [("", panel["fieldConfig"]["defaults"])]
    for override in panel["fieldConfig"]["overrides"]:
        name, by = override["matcher"]["options"], override["matcher"]["id"]
        fields.append((name, {one["id"]: one["value"] for one in override["properties"]}))
        if by == "byName" and name not in names:
            yield f"an override for {name}, which it does not show"
    for name, field in fields:
        steps = field.get("thresholds", {"steps": []})["steps"]
        color = field.get("color", {}).get("fixedColor")
        if field.get("unit", "none") not in UNITS:
            yield f"{name} has an unknown unit"
        if any(one["value"] not in RED for one in steps if one["color"] == "red"):
            yield f"{name} is red where no alert fires"
        if color in {"green", "orange", "red"} or color != {**STATUS, **REASON}.get(name, color):
            yield f"{name} has a colour that judges, or another one elsewhere"
