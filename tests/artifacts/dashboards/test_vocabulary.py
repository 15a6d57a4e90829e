"""The queries name what the exporter exposes, and aggregate it as what it is: asked from the code, not from a list."""

import re

import promql_parser as promql
from prometheus_client import CollectorRegistry, ProcessCollector

from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.boards import interpolated, targets
from tests.artifacts.rules.rulefile import nodes, recorded, selectors
from tools.dashboards.alerts import LABELS, WITNESS

TARGET = {"job", "instance"}
PROCESS = ProcessCollector(registry=CollectorRegistry())
EXPOSED = {
    **{metric.name: TARGET | set(metric.labels) for metric in CATALOGUE},
    **{f"{one.name}_bucket": TARGET | {*one.labels, "le"} for one in CATALOGUE if one.type == "histogram"},
    **{sample.name: TARGET for family in PROCESS.collect() for sample in family.samples},
}
"""Labels by name of sample."""
KNOWN = {
    **EXPOSED,
    **dict.fromkeys(("up", "scrape_duration_seconds"), TARGET),
    "ALERTS": TARGET | {*LABELS, "alertstate"},
    WITNESS: TARGET | {"account"},
}
VALUES: dict[str, set[str]] = {"status": set(Status), "window": set(Window), "reached": {"true", "false"}}
PARTS = {
    f"betatel_telegram_{name}" for name in ("messages", "recent_messages", "recent_recipients", "amount")
}
"""Of a whole: statuses, destinations, accounts of one currency."""
CALLS = {name for name in EXPOSED if name.endswith(("_total", "_bucket"))} | {"up"}
"""Every replica makes its own."""


def test_every_metric_label_and_value_is_one_that_is_exposed() -> None:
    unknown = []
    for name, target in targets().items():
        for selector in selectors(interpolated(target.expr)):
            labels = KNOWN.get(str(selector.name), set())
            for one in selector.matchers.matchers:
                values = set() if one.value.startswith(".+") else set(one.value.split("|"))
                if one.name not in labels or not values <= VALUES.get(one.name, values):
                    unknown.append(f"{name}: {selector.name}: {one.name}={one.value}")

    assert unknown == []
    assert WITNESS in recorded()


def test_the_invented_history_has_the_names_and_labels_of_the_exporter() -> None:
    """But for metrics that no panel shows."""
    invented = set(re.findall(r"^(betatel_\w+){(.+)} ", history.openmetrics(), re.MULTILINE))
    found = {name: set(re.findall(r'(\w+)="', labels)) for name, labels in invented}

    assert {name: labels ^ EXPOSED[name] for name, labels in found.items() if labels != EXPOSED[name]} == {}


def test_replicas_windows_and_currencies_are_never_added_up() -> None:
    """Series without an aggregation have several lines of one name: see test_queries.py."""
    wrong = []
    for name, target in targets().items():
        for node in nodes(interpolated(target.expr), promql.AggregateExpr):
            operation, by = str(node.op), set(node.modifier.labels) if node.modifier else set()
            found = selectors(node.expr.prettify())
            names = {str(one.name) for one in found}
            pinned = {one.name for one in found[0].matchers.matchers if one.op == promql.MatchOp.Equal}
            apart = EXPOSED.get(str(found[0].name), set()) & {"account", "window", "currency"}
            if operation == "sum" and (names - PARTS - CALLS or "currency" in apart - by):
                wrong.append(f"{name}: a sum of {names}")
            gauge = isinstance(node.expr, promql.VectorSelector) and apart and not names & CALLS
            if gauge and (operation != "max" or apart - by - pinned):
                wrong.append(f"{name}: {operation} of {names} by {by}")

    assert wrong == []
