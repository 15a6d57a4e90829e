"""What operators read names what is there."""

import re
from collections.abc import Iterator

import promql_parser as promql

from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.rules.rulefile import RULES, RUNBOOKS, alerts, recorded, selectors
from tests.support.paths import ROOT
from tools.dashboards.build import files as dashboards
from tools.rules.tune import numbers

ALERTING = ROOT / "docs/alerting.md"
SHARED = RUNBOOKS / "README.md"
PAGES = {page: page.read_text(encoding="utf-8") for page in [ALERTING, *sorted(RUNBOOKS.glob("*.md"))]}
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
KNOWN = {metric.name for metric in CATALOGUE} | recorded() | {"up"}
NAMES = {alert.name for alert in alerts()}


def runbooks() -> Iterator[tuple[str, str]]:
    return ((page.stem, text) for page, text in PAGES.items() if page.parent == RUNBOOKS and page != SHARED)


def section(text: str, title: str) -> str:
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_there_is_a_runbook_for_every_alert_and_for_nothing_else() -> None:
    assert {name for name, _ in runbooks()} == NAMES


def test_every_runbook_answers_what_is_asked_at_night() -> None:
    wrong = [f"{name}: {fault}" for name, text in runbooks() for fault in _gaps(name, text)]
    assert wrong == []


def _gaps(name: str, text: str) -> Iterator[str]:
    diagnosis = section(text, "Diagnosis")
    first = text.partition("\n\n")[2].partition("\n\n")[0].lower()
    promises = {
        "its name as title": text.startswith(f"# {name}\n"),
        "the sections": re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS,
        "a query to paste": "```promql" in diagnosis,
        "where to look": re.search(r"[Dd]ashboard `betatel-\w+`|Prometheus' page", diagnosis) is not None,
        "severities first": all(
            alert.labels["severity"] in first for alert in alerts() if alert.name == name
        ),
        "when it ends": "It ends" in text or "ends" in section(text, "Mitigation"),
    }
    yield from (promise for promise, kept in promises.items() if not kept)


def _alerts_of(listed: str) -> set[str]:
    return {f"Betatel{name}" for name in listed.split(", ")}


def test_numbers_name_alerts_that_are_there_and_keep_their_bounds() -> None:
    assert {name for number in numbers() for name in _alerts_of(number.alerts)} <= NAMES
    assert [number for number in numbers() if not number.least <= number.value <= number.most] == []


def test_the_shared_page_has_commands_for_every_way_to_run_it_and_room_for_the_provider() -> None:
    text = SHARED.read_text(encoding="utf-8")
    for word in (
        "systemctl",
        "journalctl",
        "docker",
        "kubectl",
        "betatel-exporter check",
        "| support | _",
        "Since (UTC)",
    ):
        assert word in text


def test_queries_can_be_pasted() -> None:
    for page, text in PAGES.items():
        for query in re.findall(r"```promql\n(.+?)\n```", text, re.DOTALL):
            unknown = {str(selector.name) for selector in selectors(query)} - KNOWN
            assert not unknown, f"{page.stem}: {unknown}"
            assert promql.parse(query)


def test_every_metric_alert_dashboard_and_panel_named_is_there() -> None:
    titles = set(re.findall(r'"title": "(.+)"', "".join(dashboards().values())))
    pages_of_prometheus = {"Targets", "Service discovery"}
    wrong = []
    for page, text in PAGES.items():
        metrics = set(re.findall(r"(?<![\w/.-])[\w:]*betatel_\w+(?::\w+)*", text))
        wrong += sorted(name for name in metrics - KNOWN if not name.isupper() and name != "betatel_exporter")
        wrong += sorted(set(re.findall(r"Betatel[A-Z]\w+", text)) - NAMES)
        wrong += [
            board
            for board in re.findall(r"dashboard `(betatel-\w+)`", text, re.IGNORECASE)
            if f"grafana/dashboards/{board}.json" not in dashboards()
        ]
        panels = re.findall(r"\*(\w[^*\n]+?)\*", section(text, "Diagnosis").partition("\n```")[0])
        wrong += [f"{page.stem}: {panel}" for panel in panels if panel not in titles | pages_of_prometheus]
    assert wrong == []


def test_the_table_of_alerts_has_every_alert_with_its_severities() -> None:
    rows = re.findall(
        r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| ([\w, ]+) \|",
        ALERTING.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {(name, page) for name, page, _ in rows} == {(name, name) for name in NAMES}
    for name, _, severities in rows:
        assert set(severities.split(", ")) == {a.labels["severity"] for a in alerts() if a.name == name}


def test_the_rules_point_to_the_page_that_explains_their_numbers() -> None:
    assert "docs/alerting.md" in RULES.read_text(encoding="utf-8").partition("groups:")[0]
