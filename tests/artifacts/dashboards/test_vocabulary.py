"""The queries name what the exporter exposes, and treat it as what it is: asked from the code, not from a list."""

import re

import promql_parser as promql
import pytest
import yaml
from prometheus_client import ProcessCollector
from prometheus_client.core import CollectorRegistry

from betatel_exporter.api.models import Status, Window
from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.dashboards.boards import Target, all_targets, dashboards, with_durations
from tests.artifacts.dashboards.linter import selectors, variables
from tests.support.paths import ROOT

TARGET_LABELS = {"job", "instance"}
OF_PROMETHEUS = {
    "up": TARGET_LABELS,
    "scrape_duration_seconds": TARGET_LABELS,
    "ALERTS": TARGET_LABELS | {"account", "alertname", "alertstate", "severity"},
}
RULES_WITNESS = "account_window:betatel_telegram_requests:max"
"""Recorded series whose presence says that the rules are loaded."""

COUNTERS = {metric.name for metric in CATALOGUE if metric.type == "counter"}
VALUES: dict[str, set[str]] = {"status": set(Status), "window": set(Window)}
TARGETS = {target.key: target for target in all_targets()}

every_query = pytest.mark.parametrize("key", TARGETS, ids=" / ".join)


def _exposed() -> dict[str, set[str]]:
    """Labels by name of sample."""
    labels = {metric.name: TARGET_LABELS | set(metric.labels) for metric in CATALOGUE}
    labels |= {
        f"{one.name}_bucket": labels[one.name] | {"le"} for one in CATALOGUE if one.type == "histogram"
    }
    process = ProcessCollector(registry=CollectorRegistry())
    return labels | {sample.name: TARGET_LABELS for family in process.collect() for sample in family.samples}


def _recorded() -> set[str]:
    groups = yaml.safe_load((ROOT / "prometheus/rules/betatel.yml").read_text(encoding="utf-8"))["groups"]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


KNOWN = _exposed() | OF_PROMETHEUS


@every_query
def test_every_metric_and_label_is_one_that_is_exposed(key: tuple[str, str, str]) -> None:
    for selector in selectors(TARGETS[key]):
        name = str(selector.name)
        if ":" in name:
            assert name in _recorded()
            continue
        assert name in KNOWN
        assert {matcher.name for matcher in selector.matchers.matchers} <= KNOWN[name]


@every_query
def test_every_status_and_window_is_one_of_the_provider(key: tuple[str, str, str]) -> None:
    for selector in selectors(TARGETS[key]):
        for matcher in selector.matchers.matchers:
            if matcher.name in VALUES and matcher.value != f"${matcher.name}":
                assert set(matcher.value.split("|")) <= VALUES[matcher.name]


def test_the_variables_ask_for_labels_that_the_metric_has() -> None:
    asked = {v["query"]["query"] for board in dashboards() for v in variables(board, "query")}

    assert len(asked) == 5
    for query in asked:
        match = re.fullmatch(r"label_values\((\w+)(?:{.+})?, (\w+)\)", query)
        assert match is not None
        assert match[2] in KNOWN[match[1]]


@every_query
def test_a_gauge_is_a_maximum_over_the_instances_by_window_and_currency(key: tuple[str, str, str]) -> None:
    for selector, aggregations in _aggregated(TARGETS[key]):
        labels = KNOWN.get(str(selector.name), set())
        if "account" not in labels or selector.name in COUNTERS | {"ALERTS"}:
            continue
        if not aggregations and selector.name == "betatel_up":
            continue  # tells which targets are ours, and is not shown
        nearest = aggregations[-1]
        pinned = {one.name for one in selector.matchers.matchers if one.op == promql.MatchOp.Equal}
        assert str(nearest.op) == "max"
        assert "account" in _kept(nearest)
        assert labels & {"window", "currency"} <= _kept(nearest) | pinned


@every_query
def test_only_statuses_and_the_calls_of_one_process_are_added_up(key: tuple[str, str, str]) -> None:
    for selector, aggregations in _aggregated(TARGETS[key]):
        for aggregation in aggregations:
            if str(aggregation.op) == "max" or selector.name in {"ALERTS", RULES_WITNESS}:
                continue
            assert str(aggregation.op) in {"sum", "count"}
            assert selector.name == "betatel_telegram_messages" or "instance" in _kept(aggregation)


@every_query
def test_only_a_divisor_above_nought_is_divided_by(key: tuple[str, str, str]) -> None:
    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.BinaryExpr) and str(node.op) == "/":
            assert _above_nought(node.rhs), node.prettify()
        return True

    promql.walk(promql.parse(with_durations(TARGETS[key].expr)), visit)


def _above_nought(expr: promql.Expr) -> bool:
    """A positive number, something `> 0`, or something not negative plus a positive number."""
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    if isinstance(expr, promql.NumberLiteral):
        return bool(expr.val > 0)
    if not isinstance(expr, promql.BinaryExpr) or not isinstance(expr.rhs, promql.NumberLiteral):
        return False
    return (str(expr.op), expr.rhs.val) == (">", 0) or (str(expr.op) == "+" and expr.rhs.val > 0)


def _kept(aggregation: promql.AggregateExpr) -> set[str]:
    return set(aggregation.modifier.labels) if aggregation.modifier else set()


def _aggregated(target: Target) -> list[tuple[promql.VectorSelector, list[promql.AggregateExpr]]]:
    """Each selector with the aggregations around it, the outermost first."""
    found: list[tuple[promql.VectorSelector, list[promql.AggregateExpr]]] = []
    around: list[promql.Expr] = []

    def enter(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append((node, [one for one in around if isinstance(one, promql.AggregateExpr)]))
        around.append(node)
        return True

    def leave(_: promql.Expr) -> bool:
        around.pop()
        return True

    promql.walk(promql.parse(with_durations(target.expr)), enter, leave)
    return found
