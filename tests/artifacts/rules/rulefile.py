"""The shipped rules and their promtool tests, parsed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser as promql
import yaml

from tests.support.paths import ROOT

RULES = ROOT / "prometheus/rules/betatel.yml"
CASES = sorted((ROOT / "prometheus/tests").glob("*.yml"))
RUNBOOKS = ROOT / "docs/runbooks"
QUERY = re.compile(r'printf "((?:[^"\\]|\\.)+)"[^|{}]*\| query')


@dataclass(frozen=True)
class Alert:
    """A rule of an alert; several may share a name, and then differ in severity or path."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.labels["severity"], self.labels.get("path", "")


def groups() -> list[dict[str, Any]]:
    return list(yaml.load(RULES.read_text(encoding="utf-8"), yaml.CSafeLoader)["groups"])


def _rules() -> list[dict[str, Any]]:
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> list[Alert]:
    return [Alert(rule["alert"], rule["labels"], rule["annotations"]) for rule in _rules() if "alert" in rule]


def recorded() -> set[str]:
    return {rule["record"] for rule in _rules() if "record" in rule}


def expressions() -> list[str]:
    """Of the rules, and of the queries in their descriptions, with a matcher in place of each value."""
    described = [QUERY.findall(alert.annotations["description"]) for alert in alerts()]
    return [rule["expr"] for rule in _rules()] + [
        query.replace('\\"', '"').replace("{%s", '{job="x"').replace("%q", '"x"')
        for queries in described
        for query in queries
    ]


def nodes(expression: str, kind: type[promql.Expr]) -> list[Any]:
    found: list[Any] = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, kind):
            found.append(node)
        return True

    promql.walk(promql.parse(expression), visit)
    return found


def selectors(expression: str) -> list[promql.VectorSelector]:
    return nodes(expression, promql.VectorSelector)


def cases() -> Iterator[dict[str, Any]]:
    """The promtool tests, each with its input and what it checks."""
    for path in CASES:
        yield from yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["tests"]
