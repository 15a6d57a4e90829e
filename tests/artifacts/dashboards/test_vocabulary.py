"""The queries name what the exporter exposes, and treat it as what it is: asked from the code, not from a list."""

import re
from collections.abc import Iterator

import promql_parser as promql
import yaml
from prometheus_client import ProcessCollector
from prometheus_client.core import CollectorRegistry

from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.boards import Target, all_targets, dashboards, parsed, selectors, variables
from tests.support.paths import ROOT
from tools.dashboards.alerts import WITNESS

TARGET_LABELS = {"job", "instance"}
OF_PROMETHEUS = {
    "up": TARGET_LABELS,
    "scrape_duration_seconds": TARGET_LABELS,
    "ALERTS": TARGET_LABELS | {"account", "country", "network", "alertname", "alertstate", "severity"},
}
COUNTERS = {metric.name for metric in CATALOGUE if metric.type == "counter"}
VALUES: dict[str, set[str]] = {"status": set(Status), "window": set(Window), "reached": {"true", "false"}}
ADDED_UP = {
    "betatel_telegram_messages",
    "betatel_telegram_recent_messages",
    "betatel_telegram_recent_recipients",
    "betatel_telegram_amount",
}
"""Parts of a whole: statuses, destinations, accounts of one currency."""
MEANS = "sum_over_time"
"""Sums over a day are compared with sums over the same day: replicas are in both."""


def test_every_metric_label_and_value_is_one_that_is_exposed() -> None:
    known, recorded = _exposed() | OF_PROMETHEUS, _recorded()
    unknown = []
    for target, selector in _selectors():
        labels = known.get(
            str(selector.name), TARGET_LABELS | {"account"} if selector.name in recorded else set()
        )
        for one in selector.matchers.matchers:
            values = set() if one.value.startswith(".+") else set(one.value.split("|"))
            if one.name not in labels or not values <= VALUES.get(one.name, values):
                unknown.append(f"{target.name}: {selector.name}: {one.name}={one.value}")

    assert unknown == []


def test_the_variables_ask_for_labels_that_the_metric_has() -> None:
    asked = {one["query"]["query"] for board in dashboards().values() for one in variables(board, "query")}

    assert len(asked) == 6
    for query in asked:
        match = re.fullmatch(r"label_values\((\w+)(?:{.+})?, (\w+)\)", query)
        assert match is not None
        assert match[2] in _exposed()[match[1]]


def test_the_invented_history_has_the_names_and_labels_of_the_exporter() -> None:
    """But for metrics that no panel shows."""
    known = _exposed()
    invented = re.findall(r"^(betatel_\w+){(.+)} ", history.openmetrics(), re.MULTILINE)
    found = {name: set(re.findall(r'(\w+)="', labels)) for name, labels in set(invented)}

    assert {name: labels ^ known[name] for name, labels in found.items() if labels != known[name]} == {}


def test_a_gauge_is_a_maximum_over_the_instances_by_what_else_it_has() -> None:
    known = _exposed()
    wrong = []
    for target, selector, aggregations in _aggregated():
        labels = known.get(str(selector.name), set()) - TARGET_LABELS
        if "account" not in labels or selector.name in COUNTERS or MEANS in target.expr:
            continue
        pinned = {one.name for one in selector.matchers.matchers if one.op == promql.MatchOp.Equal}
        kept = _kept(aggregations[-1]) | pinned if aggregations else set()
        apart = labels & {"account", "window", "currency"}
        if selector.name != "betatel_up" and (str(aggregations[-1].op) != "max" or not apart <= kept):
            wrong.append(f"{target.name}: {selector.name}")

    assert wrong == []


def test_only_parts_of_a_whole_are_added_up() -> None:
    wrong = []
    for target, selector, aggregations in _aggregated():
        added = [one for one in aggregations if str(one.op) == "sum"]
        calls = selector.name in COUNTERS or str(selector.name).endswith("_bucket") or selector.name == "up"
        if added and not calls and selector.name not in ADDED_UP:
            wrong.append(f"{target.name}: {selector.name}")
        if selector.name == "betatel_telegram_amount" and not all("currency" in _kept(one) for one in added):
            wrong.append(f"{target.name}: currencies")

    assert wrong == []


def test_only_what_is_above_zero_is_divided_by() -> None:
    wrong = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.BinaryExpr) and str(node.op) == "/" and not _positive(node.rhs):
            wrong.append(node.prettify())
        return True

    for target in all_targets():
        promql.walk(parsed(target.expr), visit)

    assert wrong == []


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
    return {rule.get("record", "") for group in groups for rule in group["rules"]} & {WITNESS}


def _positive(expr: promql.Expr) -> bool:
    """A positive number, something `> 0` or `>=` a positive number, or something not negative plus a positive number."""
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    if isinstance(expr, promql.NumberLiteral):
        return bool(expr.val > 0)
    if not isinstance(expr, promql.BinaryExpr) or not isinstance(expr.rhs, promql.NumberLiteral):
        return False
    return (str(expr.op), expr.rhs.val) == (">", 0) or (str(expr.op) in {"+", ">="} and expr.rhs.val > 0)


def _kept(aggregation: promql.AggregateExpr) -> set[str]:
    return set(aggregation.modifier.labels) if aggregation.modifier else set()


def _selectors() -> Iterator[tuple[Target, promql.VectorSelector]]:
    return ((target, selector) for target in all_targets() for selector in selectors(target.expr))


def _aggregated() -> Iterator[tuple[Target, promql.VectorSelector, list[promql.AggregateExpr]]]:
    """Each selector with the aggregations around it, the outermost first."""
    for target in all_targets():
        found: list[tuple[promql.VectorSelector, list[promql.AggregateExpr]]] = []
        _walk(target.expr, found)
        yield from ((target, *one) for one in found)


def _walk(expr: str, found: list[tuple[promql.VectorSelector, list[promql.AggregateExpr]]]) -> None:
    around: list[promql.Expr] = []

    def enter(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append((node, [one for one in around if isinstance(one, promql.AggregateExpr)]))
        around.append(node)
        return True

    def leave(_: promql.Expr) -> bool:
        around.pop()
        return True

    promql.walk(parsed(expr), enter, leave)
