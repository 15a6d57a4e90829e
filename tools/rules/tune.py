"""Writes the numbers and addresses of tuning.yml into the rules: `python -m tools.rules.tune`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RULES = "prometheus/rules/betatel.yml"
TUNING = "prometheus/tuning.yml"

MARKED = re.compile(r"(?P<number>\S+?)(?P<end>\)?)  # tune: (?P<name>\w+)$", re.MULTILINE)
RUNBOOK = re.compile(r"(?<= runbook_url: )\S+(?=/\w+\.md$)", re.MULTILINE)
DASHBOARD = re.compile(r"(?<= dashboard_url: )\S*?(?=/d/)")


@dataclass(frozen=True)
class Tuning:
    thresholds: Mapping[str, float]
    runbooks: str
    grafana: str


def tuning(text: str) -> Tuning:
    document = yaml.safe_load(text)
    links = document["links"]
    return Tuning(document["thresholds"], links["runbooks"].rstrip("/"), links["grafana"].rstrip("/"))


def current() -> Tuning:
    return tuning((ROOT / TUNING).read_text(encoding="utf-8"))


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


def files() -> dict[str, str]:
    return {RULES: tuned((ROOT / RULES).read_text(encoding="utf-8"), current())}


def main() -> None:
    for path, text in files().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
