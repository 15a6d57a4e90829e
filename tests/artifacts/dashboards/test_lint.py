"""The dashboards keep every rule, and each rule reports a dashboard that does not."""

import copy
import re
from collections.abc import Callable

from tests.artifacts.dashboards import linter
from tests.artifacts.dashboards.boards import Json, dashboards, panels, variables
from tests.artifacts.dashboards.linter import Rule
from tests.support.paths import ROOT


def _defaults(board: Json) -> Json:
    defaults: Json = board["panels"][0]["fieldConfig"]["defaults"]
    return defaults


def _target(board: Json) -> Json:
    target: Json = board["panels"][0]["targets"][0]
    return target


def _of_kind(board: Json, kind: str) -> Json:
    return next(panel for panel in panels(board) if panel["type"] == kind)


def _override(board: Json, name: str, key: str, value: object) -> None:
    override = {"matcher": {"id": "byName", "options": name}, "properties": [{"id": key, "value": value}]}
    board["panels"][0]["fieldConfig"]["overrides"].append(override)


SPOIL: dict[Rule, tuple[Callable[[Json], object], ...]] = {
    linter.data_source: (
        lambda board: variables(board, "datasource")[0].update(name="prometheus"),
        lambda board: _target(board)["datasource"].update(type="loki"),
        lambda board: _target(board)["datasource"].update(uid="abc")
    ),
    linter.choices: (
        lambda board: variables(board, "query")[0].update(allValue=".*"),
        lambda board: variables(board, "query")[1].update(multi=False),
        lambda board: variables(board, "query")[2].update(refresh=1),
        lambda board: variables(board, "query")[0]["query"].update(query="label_values(a{, b)"),
        lambda board: board["templating"]["list"].pop(1)
    ),
    linter.texts: (
        lambda board: board["panels"][0].update(description=""),
        lambda board: _defaults(board).update(noValue="")
    ),
    linter.units: (
        lambda board: _defaults(board).update(unit="short"),
        lambda board: _override(board, "a", "unit", "apples")
    ),
    linter.queries: (
        lambda board: board["panels"][0].update(targets=[]),
        lambda board: _target(board).update(expr="max by (account (")
    ),
    linter.rate_interval: (lambda board: _target(board).update(expr="rate(a_total[5m])"),),
    linter.counters: (lambda board: _target(board).update(expr="max by (b) (a_total)"),),
    linter.target_matchers: (
        lambda board: _target(board).update(expr='a{job="x", instance=~"$instance"}'),
        lambda board: _target(board).update(expr='a{job=~"$job"}')
    ),
    linter.not_editable: (lambda board: board.update(editable=True),),
    linter.unique: (
        lambda board: board["panels"][1].update(id=1),
        lambda board: board["panels"][1].update(title=board["panels"][0]["title"])
    ),
    linter.grid: (
        lambda board: board["panels"][0]["gridPos"].update(w=3),
        lambda board: board["panels"].pop(1),
        lambda board: board["panels"][-1]["gridPos"].update(y=100)
    ),
    linter.tiles: (
        lambda board: board["panels"].extend([board["panels"][0]] * 6),
        lambda board: board["panels"][0]["gridPos"].update(y=4),
        lambda board: board["panels"][0].update(title="A title that says far too much"),
        lambda board: board["panels"][0]["options"].update(graphMode="area"),
        lambda board: _target(board).update(instant=False)
    ),
    linter.missing_values: (
        lambda board: _defaults(board)["mappings"].pop(),
        lambda board: _defaults(board)["mappings"][-1]["options"]["result"].update(color="green")
    ),
    linter.state_timelines: (
        lambda board: _of_kind(board, "state-timeline")["fieldConfig"]["defaults"]["color"].update(mode="thresholds"),
        lambda board: board["panels"][0].update(type="gauge")
    ),
    linter.tables: (lambda board: _of_kind(board, "table")["fieldConfig"]["defaults"]["custom"].pop("minWidth"),),
    linter.links: (
        lambda board: _defaults(board).update(links=[{"url": "/d/betatel-overview?x"}]),
        lambda board: _override(board, "a", "links", [{"url": "/d/betatel-overview?x"}]),
        lambda board: board.update(tags=[])
    ),
    linter.annotations: (
        lambda board: board["annotations"]["list"][0].update(expr='ALERTS{alertstate="firing"}'),
        lambda board: board["annotations"]["list"][0].update(titleFormat="{{severity}}")
    ),
    linter.overrides: (lambda board: _override(board, "nobody", "unit", "s"),),
    linter.colors: (
        lambda board: _override(board, "a", "color", {"mode": "fixed", "fixedColor": "red"}),
        lambda board: _override(board, "FAILED", "color", {"mode": "fixed", "fixedColor": "blue"}),
        lambda board: _defaults(board)["color"].update(mode="palette-classic")
    ),
    linter.red: (lambda board: _defaults(board)["thresholds"]["steps"].append({"color": "red", "value": 0.42}),),
    linter.used_variables: (
        lambda board: board["templating"]["list"].append({"name": "spare", "type": "custom"}),
        lambda board: _target(board).update(expr='a{b="$unknown"}')
    )
}  # fmt: skip


def test_the_dashboards_keep_every_rule() -> None:
    faults = [
        f"{uid}: {rule.__name__}: {where}: {fault}"
        for uid, board in dashboards().items()
        for rule in linter.RULES
        for where, fault in rule(board)
    ]

    assert faults == []


def test_each_rule_reports_each_way_to_break_it() -> None:
    silent = []
    for rule in linter.RULES:
        for number, spoil in enumerate(SPOIL[rule]):
            board = copy.deepcopy(dashboards()["betatel-overview"])
            spoil(board)
            if not list(rule(board)):
                silent.append(f"{rule.__name__}, {number}")

    assert silent == []


def test_every_link_leads_to_a_dashboard_and_every_dashboard_has_the_name_of_its_file() -> None:
    names = {path.stem for path in (ROOT / "grafana/dashboards").iterdir()}
    text = "".join(str(board) for board in dashboards().values())

    assert names == set(dashboards())
    assert set(re.findall(r"/d/([\w-]+)", text)) <= names
    assert set(re.findall(r'"dashboard", "([\w-]+)"', text)) <= names
