"""Every query of every panel, variable and mark, asked of a real Prometheus: what holds for all of them."""

import math
import re

from tests.artifacts.dashboards.boards import Target, all_targets, dashboards, interpolated, variables
from tests.artifacts.dashboards.history import (
    ACCOUNTS,
    DAY,
    END,
    JOB,
    PEOPLE,
    REPLACED,
    REPLACEMENT,
    STEADY,
    STRANGER,
    Past,
    Series,
)

EMPTY = {
    "betatel-overview / Requests, $window, against yesterday and last week / last week": "a week of history"
}
CALLS = ("Failed calls", "Calls a minute", "Duration of collections", "Exporters down")
"""Every exporter makes its own, or is one: these panels add up what replicas do."""
CHOICES = {
    "job": {JOB},
    "instance": {STEADY, REPLACED, REPLACEMENT},
    "account": set(ACCOUNTS),
    "currency": {"EUR", "USD"},
    "country": {"Utopia"},
    "network": set(PEOPLE),
}

Points = dict[tuple[tuple[str, str], ...], list[tuple[float, float]]]


def test_every_query_has_data_and_nothing_but_numbers(past: Past) -> None:
    answers = {target.name: past.ask(target) for target in all_targets()}
    values = [(name, value) for name, found in answers.items() for one in found for _, value in one.points]

    assert {name for name, found in answers.items() if not found} == EMPTY.keys()
    assert [name for name, value in values if not math.isfinite(value)] == []


def test_replicas_show_what_one_of_them_shows(past: Past) -> None:
    wrong = []
    for target in all_targets():
        found = _points(past.ask(target))
        alone = _points(past.ask(target, instance=f"{STEADY}|"))
        if not target.panel.startswith(CALLS) and {**found, **alone} != found:
            wrong.append(target.name)

    assert wrong == []


def test_an_account_shows_the_same_alone_and_among_others(past: Past) -> None:
    wrong = []
    for target in all_targets():
        among = past.ask(target)
        for account in ACCOUNTS if _by_account(target) else ():
            of_one = [one for one in among if one.labels.get("account") == account]
            alone = [one for one in past.ask(target, account=account) if one.labels.get("account") == account]
            if _points(of_one) != _points(alone):
                wrong.append(f"{target.name}: {account}")

    assert wrong == []


def test_no_other_target_of_the_prometheus_is_shown(past: Past) -> None:
    shown = {
        (target.name, one.labels.get("job"), one.labels.get("instance"))
        for target in all_targets()
        for one in past.ask(target)
        if "alertname" not in one.labels
    }

    assert [one for one in shown if one[1] not in {JOB, None} or one[2] == STRANGER] == []


def test_series_of_a_panel_have_different_names(past: Past) -> None:
    """Of two lines with one name nobody could say which is which; two rows of a table differ in a label."""
    doubled = []
    for target in all_targets():
        chosen = {"account": {"account": "shop"}, "currency": {"currency": "EUR"}}.get(target.repeat, {})
        found = past.ask(target, **chosen)
        names = [str(one.labels) if target.kind == "table" else _name(target.legend, one) for one in found]
        if len(set(names)) < len(names):
            doubled.append(target.name)

    assert doubled == []


def test_columns_of_a_table_have_the_same_labels(past: Past) -> None:
    """Else Grafana's merge makes two rows of one."""
    labels: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for target in all_targets():
        if target.kind == "table" and target.panel not in {"Exporters", "Firing alerts"}:
            found = {tuple(sorted(one.labels.keys() - {"__name__"})) for one in past.ask(target)}
            labels.setdefault((target.dashboard, target.panel), set()).update(found)

    assert {table: found for table, found in labels.items() if len(found) != 1} == {}


def test_the_variables_offer_the_values_of_our_exporters_alone(past: Past) -> None:
    for board in dashboards().values():
        for variable in variables(board, "query"):
            match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert match is not None
            found = past.range(interpolated(match[1]))
            assert {one.labels[match[2]] for one in found} == CHOICES[variable["name"]]


def test_graphs_are_marked_where_a_critical_alert_begins_and_an_exporter_starts(past: Past) -> None:
    for board in dashboards().values():
        for mark in board["annotations"]["list"]:
            found = past.range(interpolated(mark["expr"]))
            points = [point for one in found for point in one.points]
            named = set(re.findall(r"{{(\w+)}}", mark["titleFormat"]))
            if mark["name"] == "Critical alerts":
                assert [one.labels["alertname"] for one in found if one.labels.get("account") == "shop"] == [
                    "BetatelDeliveryFailing"
                ]
                assert len(points) == len(found) == 2
            else:
                assert {one.labels["instance"] for one in found} == {REPLACEMENT}
                assert [value for _, value in points] == [(END - DAY) * 1000]
            assert named <= {label for one in found for label in one.labels}


def _by_account(target: Target) -> bool:
    return "topk" not in target.expr and "bottomk" not in target.expr


def _points(found: list[Series]) -> Points:
    return {tuple(sorted(one.labels.items())): one.points for one in found}


def _name(legend: str, series: Series) -> str:
    return re.sub(r"{{(\w+)}}", lambda match: series.labels.get(match[1], ""), legend)
