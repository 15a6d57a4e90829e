"""The dashboards keep every rule of the linter, and link to each other."""

import re
from collections.abc import Callable

from tests.artifacts.dashboards import linter
from tests.artifacts.dashboards.boards import Json, dashboards, panels
from tests.artifacts.dashboards.linter import Rule
from tests.support.paths import ROOT

Defects = dict[Rule, Callable[[Json], object]]


def test_the_dashboards_keep_every_rule() -> None:
    faults = [
        f"{uid}: {rule.__name__}: {where}: {fault}"
        for uid, board in dashboards().items()
        for rule in linter.RULES
        for where, fault in rule(board)
    ]

    assert faults == []


def test_every_link_leads_to_a_dashboard_and_every_dashboard_has_the_name_of_its_file() -> None:
    names = {path.stem for path in (ROOT / "grafana/dashboards").iterdir()}
    text = "".join(str(board) for board in dashboards().values())

    assert names == set(dashboards())
    assert set(re.findall(r"/d/([\w-]+)", text)) <= names
    assert set(re.findall(r'"dashboard", "([\w-]+)"', text)) <= names


def test_the_rules_report_what_was_once_wrong() -> None:
    def panel(board: Json, kind: str) -> Json:
        return next(one for one in panels(board) if one["type"] == kind)

    def defaults(board: Json, kind: str) -> Json:
        found: Json = panel(board, kind)["fieldConfig"]["defaults"]
        return found

    red = {
        "matcher": {"id": "byName", "options": "1 h"},
        "properties": [{"id": "color", "value": {"fixedColor": "red"}}],
    }
    spoilt: Defects = {
        linter.state_timelines: lambda board: defaults(board, "state-timeline")["color"].update(mode="thresholds"),
        linter.annotations: lambda board: board["annotations"]["list"][0].update(expr='ALERTS{alertstate="firing"}'),
        linter.tables: lambda board: defaults(board, "table")["custom"].pop("minWidth"),
        linter.links: lambda board: defaults(board, "stat").update(links=[{"url": "/d/betatel-overview?x"}]),
        linter.tiles: lambda board: board["panels"].extend([panel(board, "stat")] * 2),
        linter.missing_values: lambda board: defaults(board, "stat")["mappings"].pop(),
        linter.units: lambda board: defaults(board, "timeseries").update(unit="short"),
        linter.colors: lambda board: panel(board, "timeseries")["fieldConfig"]["overrides"].append(red),
        linter.red: lambda board: defaults(board, "stat")["thresholds"]["steps"].append({"color": "red", "value": 0.42}),
    }  # fmt: skip
    silent = []
    for rule, spoil in spoilt.items():
        board = dashboards()["betatel-overview"]
        spoil(board)
        if not list(rule(board)):
            silent.append(rule.__name__)

    assert silent == []
