"""The dashboards keep the rules of Grafana's linter, and each rule would tell if they did not."""

import copy
from collections.abc import Callable

import pytest

from tests.artifacts.dashboards.boards import Json, dashboards
from tests.artifacts.dashboards.linter import RULES

EXCEPTIONS = {
    ("target-job-rule", "betatel-overview", "Alerts firing"): "an alert on an absent exporter carries no job",
    ("target-job-rule", "betatel-overview", "Alerts"): "an alert on an absent exporter carries no job",
    (
        "target-instance-rule",
        "betatel-overview",
        "Alerts firing",
    ): "an alert on an account carries no instance",
    ("target-instance-rule", "betatel-overview", "Alerts"): "an alert on an account carries no instance",
}

BOARDS = {board["uid"]: board for board in dashboards()}


def _variable(board: Json, name: str) -> Json:
    return next(variable for variable in board["templating"]["list"] if variable["name"] == name)


def _target(board: Json) -> Json:
    target: Json = board["panels"][0]["targets"][0]
    return target


SPOIL: dict[str, Callable[[Json], object]] = {
    "template-datasource-rule": lambda board: _variable(board, "datasource").update(name="prometheus"),
    "template-job-rule": lambda board: _variable(board, "job").update(allValue=".*"),
    "template-instance-rule": lambda board: _variable(board, "instance").update(multi=False),
    "template-label-promql-rule": lambda board: _variable(board, "job")["query"].update(
        query="label_values(a{, b)"
    ),
    "template-on-time-change-reload-rule": lambda board: _variable(board, "account").update(refresh=1),
    "panel-datasource-rule": lambda board: _target(board)["datasource"].update(uid="abc"),
    "panel-title-description-rule": lambda board: board["panels"][0].update(description=""),
    "panel-units-rule": lambda board: board["panels"][0]["fieldConfig"]["defaults"].update(unit="apples"),
    "panel-no-targets-rule": lambda board: board["panels"][0].update(targets=[]),
    "target-logql-rule": lambda board: _target(board)["datasource"].update(type="loki"),
    "target-logql-auto-rule": lambda board: _target(board).update(
        datasource={"type": "loki"}, expr="rate({a=''}[5m])"
    ),
    "target-promql-rule": lambda board: _target(board).update(expr="max by (account ("),
    "target-rate-interval-rule": lambda board: _target(board).update(expr="rate(a_total[5m])"),
    "target-job-rule": lambda board: _target(board).update(expr='a{job="$job", instance=~"$instance"}'),
    "target-instance-rule": lambda board: _target(board).update(expr='a{job=~"$job"}'),
    "target-counter-agg-rule": lambda board: _target(board).update(expr="max by (b) (a_total)"),
    "uneditable-dashboard": lambda board: board.update(editable=True),
}


@pytest.mark.parametrize("uid", BOARDS)
@pytest.mark.parametrize("rule", RULES)
def test_a_dashboard_keeps_the_rule(rule: str, uid: str) -> None:
    faults = [fault for fault in RULES[rule](BOARDS[uid]) if (rule, uid, fault[0]) not in EXCEPTIONS]

    assert faults == []


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_tells_a_spoiled_dashboard(rule: str) -> None:
    board = copy.deepcopy(BOARDS["betatel-spend"])
    SPOIL[rule](board)

    assert list(RULES[rule](board))


@pytest.mark.parametrize(("rule", "uid", "panel"), EXCEPTIONS)
def test_every_exception_is_still_needed(rule: str, uid: str, panel: str) -> None:
    assert panel in {fault[0] for fault in RULES[rule](BOARDS[uid])}
