"""The shipped rules and their promtool tests, parsed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser as promql
import yaml

from tests.support.paths import ROOT

RULES = ROOT / "prometheus/rules/betatel.yml"
CASES = sorted((ROOT / "prometheus/tests").glob("*.yml"))
RUNBOOKS = ROOT / "docs/runbooks"


@dataclass(frozen=True)
class Alert:
    """A rule of an alert; several may share a name, and then differ in severity or path."""

    name: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.labels["severity"], self.labels.get("path", "")


def _rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def alerts() -> list[Alert]:
    return [
        Alert(rule["alert"], rule["expr"], rule["labels"], rule["annotations"])
        for rule in _rules()
        if "alert" in rule
    ]


def recorded() -> dict[str, str]:
    """Expression by name."""
    return {rule["record"]: rule["expr"] for rule in _rules() if "record" in rule}


def expressions() -> list[str]:
    return [rule["expr"] for rule in _rules()]


def selectors(expression: str) -> list[promql.VectorSelector]:
    found: list[promql.VectorSelector] = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        return True

    promql.walk(promql.parse(expression), visit)
    return found


def alert_cases() -> Iterator[dict[str, Any]]:
    """What the promtool tests say of alerts: eval_time, alertname, exp_alerts."""
    for path in CASES:
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            yield from group.get("alert_rule_test", [])
