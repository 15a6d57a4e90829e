"""What the rules name is there, and every alert says what whoever it wakes needs."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import promql_parser as promql
import pytest

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.rules.rulefile import (
    CASES,
    RULES,
    Alert,
    alerts,
    cases,
    expressions,
    nodes,
    recorded,
    selectors,
)
from tools.dashboards.build import files as dashboards

REPLICA = "instance, pod, container, endpoint, node"
TARGET = {*REPLICA.split(", "), "job", "namespace", "cluster"}
LABELS = {metric.name: TARGET | set(metric.labels) for metric in CATALOGUE} | {
    "up": TARGET,
    "ALERTS": TARGET | {"alertname", "alertstate", "severity", "path"},
}
NAMES = {alert.name for alert in alerts()}
VALUES: dict[str, set[str]] = {
    "window": set(Window),
    "status": set(Status),
    "reason": set(Reason),
    "reached": {"true", "false"},
    "query": {f"stats/{window}" for window in Window} | {f"tdr/{status}" for status in Status},
    "alertname": NAMES,
    "alertstate": {"pending", "firing"},
    "path": {"fast", "slow", "records"},
}
FREE = {"job", "account", "country", "network", "currency", "instance"}
"""Labels whose values the user or the API chooses."""
SUMMED = {"status", "window", "reached", "reason", "country", "network"}
"""Labels over which a sum is meant. Where the others select one value, it only drops the label."""


def test_promtool_accepts_the_rules(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", RULES], check=True)


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(path.stem)) for path in CASES]
)
def test_the_rules_do_what_the_cases_say(path: Path, tool: Callable[[str], str]) -> None:
    done = subprocess.run(
        [tool("promtool"), "test", "rules", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_case_lists_what_fires_and_every_alert_fires_in_one() -> None:
    """With the minute from which, and for how long. An alert that is not listed is silent, at every minute."""
    checks = [check for case in cases() for check in case["promql_expr_test"]]
    lists = [check["exp_samples"] for check in checks if 'ALERTS{alertstate="firing"' in check["expr"]]
    assert len(lists) == len(list(cases()))
    fires = {_key(sample["labels"]) for samples in lists for sample in samples}
    assert {alert.key for alert in alerts()} - fires == set()


def _key(labels: str) -> tuple[str, str, str]:
    found = dict(re.findall(r'(\w+)="([^"]*)"', labels))
    return found.get("alertname", ""), found.get("severity", ""), found.get("path", "")


def test_the_words_of_every_alert_are_in_a_case() -> None:
    written = {check["alertname"] for case in cases() for check in case.get("alert_rule_test", [])}
    assert written == NAMES


def test_every_case_file_is_in_the_right_order() -> None:
    """promtool evaluates groups in any order unless one is given, and then minutes are off by one now and then."""
    groups = re.findall(r"^  - name: (\S+)", RULES.read_text(encoding="utf-8"), re.MULTILINE)
    order = f"group_eval_order: [{', '.join(groups)}]"
    assert [path for path in CASES if order not in path.read_text(encoding="utf-8")] == []


def test_every_name_label_and_value_is_one_that_exists() -> None:
    known = recorded()
    wrong = [
        f"{selector.name}{{{fault}}}"
        for expression in expressions()
        for selector in selectors(expression)
        for fault in _faults(selector, known)
    ]
    assert wrong == []


def _faults(selector: promql.VectorSelector, known: set[str]) -> Iterator[str]:
    name = str(selector.name)
    if name not in known and name not in LABELS:
        yield "no such metric"
    for matcher in selector.matchers.matchers:
        if name in LABELS and matcher.name not in LABELS[name]:
            yield f"no label {matcher.name}"
        if matcher.name not in FREE and matcher.value:
            before, _, alternatives = matcher.value.rpartition("(")
            values = {before + alternative for alternative in alternatives.rstrip(")").split("|")}
            yield from (f"{matcher.name} is never {value}" for value in values - VALUES[matcher.name])


def test_every_recorded_series_is_used() -> None:
    used = {str(selector.name) for expression in expressions() for selector in selectors(expression)}
    assert recorded() - used == set()


def test_replicas_are_never_added_up() -> None:
    """Of calls, which each replica counts for itself, they are."""
    sums = [
        (expression, set(node.modifier.labels) if node.modifier else set())
        for expression in expressions()
        for node in nodes(expression, promql.AggregateExpr)
        if str(node.op) == "sum" and "betatel_api_failures_total" not in expression
    ]
    assert [expression for expression, labels in sums if not labels or labels - SUMMED] == []
    dropped = re.findall(r" without \(([^)]*instance[^)]*)\)", RULES.read_text(encoding="utf-8"))
    assert [labels for labels in dropped if not labels.endswith(REPLICA)] == []


def test_every_alert_says_what_to_do_and_where_to_look() -> None:
    wrong = [f"{alert.key}: {fault}" for alert in alerts() for fault in _misleading(alert)]
    assert wrong == []


def _misleading(alert: Alert) -> Iterator[str]:
    notes = alert.annotations
    board = re.match(r"/d/([\w-]+)", notes["dashboard_url"])
    of_account = not alert.name.startswith("BetatelExporter")
    promises = {
        "its runbook": notes["runbook_url"].endswith(f"/docs/runbooks/{alert.name}.md"),
        "a summary that is the same for all, so that notifications can be grouped": "{{"
        not in notes["summary"],
        "a dashboard": board is not None and f"grafana/dashboards/{board[1]}.json" in dashboards(),
        "its account": not of_account
        or (
            "{{ $labels.account }}" in notes["description"]
            and "?var-account={{ $labels.account }}" in notes["dashboard_url"]
        ),
        "what was checked, if it pages": alert.labels["severity"] != "critical"
        or "Checked: " in notes["description"],
        "whole sentences": notes["description"].rstrip("{}end ").endswith("."),
    }
    yield from (promise for promise, kept in promises.items() if not kept)
