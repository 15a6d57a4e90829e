"""The numbers and addresses of tuning.yml in the rules and the docs, which `make generate` writes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from tools.paths import ROOT

RULES = "prometheus/rules/betatel.yml"
TUNING = "prometheus/tuning.yml"
DOCS = "docs/alerting.md"

MARKED = re.compile(r"(?P<number>\S+?)(?P<end>\)?)  # tune: (?P<name>\w+)$", re.MULTILINE)
RUNBOOK = re.compile(r"(?<= runbook_url: )\S+(?=/\w+\.md$)", re.MULTILINE)
DASHBOARD = re.compile(r"(?<= dashboard_url: )\S*?(?=/d/)")
TABLE = re.compile(r"(?<=<!-- tuning -->\n).*?(?=<!-- /tuning -->)", re.DOTALL)


@dataclass(frozen=True)
class Number:
    """A threshold of the alerts."""

    value: float
    alert: str
    """Names without "Betatel", separated by commas."""
    meaning: str
    higher: str
    """What a higher value means."""


@dataclass(frozen=True)
class Tuning:
    thresholds: Mapping[str, float]
    runbooks: str
    grafana: str


def numbers() -> Mapping[str, Number]:
    """All thresholds by their names, in the order of the file."""
    return {name: Number(**one) for name, one in yaml.safe_load(_text(TUNING))["thresholds"].items()}


def tuning(text: str) -> Tuning:
    document = yaml.safe_load(text)
    links = document["links"]
    values = {name: one["value"] for name, one in document["thresholds"].items()}
    return Tuning(values, links["runbooks"].rstrip("/"), links["grafana"].rstrip("/"))


def current() -> Tuning:
    return tuning(_text(TUNING))


def tuned(rules: str, wanted: Tuning) -> str:
    """The rules with all marked numbers and addresses as wanted; raises ValueError where names do not match."""
    marked = {match["name"] for match in MARKED.finditer(rules)}
    if marked != wanted.thresholds.keys():
        odd = ", ".join(sorted(marked ^ wanted.thresholds.keys()))
        raise ValueError(f"not both in {TUNING} and marked in {RULES}: {odd}")

    def number(match: re.Match[str]) -> str:
        return f"{wanted.thresholds[match['name']]}{match['end']}  # tune: {match['name']}"

    rules = MARKED.sub(number, rules)
    rules = RUNBOOK.sub(lambda _: wanted.runbooks, rules)
    return DASHBOARD.sub(lambda _: wanted.grafana, rules)


def table() -> str:
    rows = (
        f"| `{name}` | {one.value:g} | {one.alert} | {one.meaning} | {one.higher} |\n"
        for name, one in numbers().items()
    )
    return "| number | default | alert | meaning | higher means |\n|---|---|---|---|---|\n" + "".join(rows)


def files() -> dict[str, str]:
    return {
        RULES: tuned(_text(RULES), current()),
        DOCS: TABLE.sub(lambda _: table(), _text(DOCS)),
    }


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
