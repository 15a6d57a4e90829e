"""Runbooks, the page on alerting and the table of numbers are about the alerts, panels and series that are there."""

import re
from collections.abc import Iterator

from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.rules.rulefile import RUNBOOKS, alerts, recorded, selectors
from tests.support.paths import ROOT
from tools.dashboards.build import files as dashboards
from tools.rules.tune import numbers

ALERTING = (ROOT / "docs/alerting.md").read_text(encoding="utf-8")
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in RUNBOOKS.glob("*.md")}
SHARED = PAGES.pop("README")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
KNOWN = {metric.name for metric in CATALOGUE} | recorded() | {"up"}
SEVERITIES = {
    alert.name: {other.labels["severity"] for other in alerts() if other.name == alert.name}
    for alert in alerts()
}
PAGES_OF_PROMETHEUS = {"Targets", "Service discovery"}


def test_every_alert_has_a_runbook_that_answers_what_is_asked_at_night() -> None:
    assert PAGES.keys() == SEVERITIES.keys()
    wrong = [f"{name}: {fault}" for name, text in PAGES.items() for fault in _gaps(name, text)]
    assert wrong == []


def _gaps(name: str, text: str) -> Iterator[str]:
    diagnosis = _diagnosis(text)
    first = text.partition("\n\n")[2].partition("\n\n")[0].lower()
    promises = {
        "its name as title": text.startswith(f"# {name}\n"),
        "the sections": re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS,
        "a query to paste": "```promql" in diagnosis,
        "where to look": re.search(r"[Dd]ashboard `betatel-\w+`|Prometheus' page", diagnosis) is not None,
        "severities first": all(severity in first for severity in SEVERITIES[name]),
        "when it ends": "It ends" in text or "ends" in text.partition("## Mitigation")[2],
    }
    yield from (promise for promise, kept in promises.items() if not kept)


def _diagnosis(text: str) -> str:
    return text.partition("## Diagnosis\n")[2].partition("\n## ")[0]


def test_every_alert_series_dashboard_and_panel_named_is_there() -> None:
    titles = set(re.findall(r'"title": "(.+)"', "".join(dashboards().values()))) | PAGES_OF_PROMETHEUS
    wrong = []
    for text in (ALERTING, SHARED, *PAGES.values()):
        wrong += [name for name in re.findall(r"Betatel[A-Z]\w+", text) if name not in SEVERITIES]
        for query in re.findall(r"```promql\n(.+?)\n```", text, re.DOTALL):
            wrong += [query for one in selectors(query) if str(one.name) not in KNOWN]
        for board in re.findall(r"dashboard `(betatel-\w+)`", text, re.IGNORECASE):
            wrong += [board] if f"grafana/dashboards/{board}.json" not in dashboards() else []
        panels = re.findall(r"\*(\w[^*\n]+?)\*", _diagnosis(text).partition("\n```")[0])
        wrong += [panel for panel in panels if panel not in titles]
    assert wrong == []


def test_the_tables_of_alerts_and_numbers_name_the_alerts_that_are_there() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| ([\w, ]+) \|", ALERTING, re.MULTILINE)
    assert {name: set(severities.split(", ")) for name, _, severities in rows} == SEVERITIES
    assert all(name == page for name, page, _ in rows)
    named = {f"Betatel{name}" for number in numbers().values() for name in number.alert.split(", ")}
    assert named <= SEVERITIES.keys()
