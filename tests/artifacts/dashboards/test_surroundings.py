"""What stands around the panels, asked of the same week: the choices of the variables, the marks in the graphs."""

import re

import pytest

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.boards import dashboards, interpolate
from tests.artifacts.dashboards.history import ACCOUNTS, END, INSTANCES, SPAN
from tests.artifacts.dashboards.linter import variables
from tests.artifacts.dashboards.week import ALL, Week

BOARDS = {board["uid"]: board for board in dashboards()}
CHOICES = {
    "job": {history.JOB},
    "instance": {*INSTANCES, history.REPLACEMENT},
    "account": set(ACCOUNTS),
    "window": set(history.REQUESTS),
    "currency": {"EUR", "USD"},
}


@pytest.mark.parametrize("uid", BOARDS)
def test_the_variables_offer_what_there_is_and_nothing_of_other_targets(week: Week, uid: str) -> None:
    for variable in variables(BOARDS[uid], "query"):
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
        assert match is not None
        found = week.server.range(interpolate(match[1], ALL, SPAN), END, SPAN, 60)
        assert {series.labels[match[2]] for series in found} == CHOICES[variable["name"]]


@pytest.mark.parametrize("uid", BOARDS)
def test_the_graphs_are_marked_with_alerts_and_starts_of_our_exporters(week: Week, uid: str) -> None:
    marks = {
        mark["name"]: week.server.range(interpolate(mark["expr"], ALL, SPAN), END, SPAN, 60)
        for mark in BOARDS[uid]["annotations"]["list"]
    }

    assert [series.labels for series in marks["Alerts"]] == [
        {"account": "shop", "alertname": "BetatelMetricsStale", "severity": "warning"}
    ]
    assert {series.labels["job"] for series in marks["Exporter starts"]} == {history.JOB}
    started = {value for series in marks["Exporter starts"] for _, value in series.points}
    assert started == {(END - history.DAY) * 1000}


@pytest.mark.parametrize("uid", BOARDS)
def test_marks_are_made_of_the_labels_their_texts_name(week: Week, uid: str) -> None:
    for mark in BOARDS[uid]["annotations"]["list"]:
        (first, *_) = week.server.range(interpolate(mark["expr"], ALL, SPAN), END, SPAN, 60)
        named = set(re.findall(r"{{(\w+)}}", mark["titleFormat"])) | set(
            filter(None, mark.get("tagKeys", "").split(","))
        )
        assert named <= set(first.labels)
