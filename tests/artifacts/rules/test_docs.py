"""What operators read names what is there."""

import re
from pathlib import Path

import promql_parser as promql
import pytest

from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.rules.rulefile import RULES, RUNBOOKS, alerts, recorded, selectors
from tests.support.paths import ROOT
from tools.dashboards.build import files as dashboards
from tools.rules.tune import current

ALERTING = ROOT / "docs/alerting.md"
PAGES = [ALERTING, *sorted(RUNBOOKS.glob("*.md"))]
SECTIONS = ["What it means", "How sure it is", "Look first", "Do", "False alarm"]
KNOWN = {metric.name for metric in CATALOGUE} | recorded().keys() | {"up"}
NAMES = {alert.name for alert in alerts()}

every_alert = pytest.mark.parametrize("name", sorted(NAMES))
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_there_is_a_runbook_for_every_alert_and_for_nothing_else() -> None:
    assert {page.stem for page in RUNBOOKS.iterdir()} == NAMES


@every_alert
def test_a_runbook_answers_what_is_asked_at_night(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    look_first = text.partition("## Look first")[2].partition("\n## ")[0]
    assert "```promql" in look_first
    assert re.search(r"[Dd]ashboard `betatel-\w+`|Prometheus' page", look_first)


@every_alert
def test_a_runbook_says_the_severity_first(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    first = text.splitlines()[2].lower()
    for alert in alerts():
        assert alert.name != name or alert.labels["severity"] in first


@every_alert
def test_a_runbook_names_the_numbers_of_its_alert_and_no_others(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    used = {
        number
        for alert in alerts()
        if alert.name == name
        for number in re.findall(r"# tune: (\w+)", alert.expr)
    }
    listed = re.search(r"^Numbers: (.+?)\.(?: |$)", text, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", listed[1]) if listed else ()) == used
    assert listed or "no number to tune" in text or "the rule has none" in text


@every_page
def test_queries_can_be_pasted(page: Path) -> None:
    for query in re.findall(r"```promql\n(.+?)\n```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert {str(selector.name) for selector in selectors(query)} <= KNOWN
        assert promql.parse(query)


@every_page
def test_every_metric_alert_and_dashboard_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    metrics = set(re.findall(r"(?<![\w/-])[\w:]*betatel_\w+(?::\w+)*", text))
    assert {name for name in metrics if not name.isupper()} <= KNOWN
    assert set(re.findall(r"Betatel[A-Z]\w+", text)) <= NAMES
    for dashboard in re.findall(r"`(betatel-(?:overview|delivery|spend|exporter))`", text):
        assert (ROOT / f"grafana/dashboards/{dashboard}.json").is_file()


@every_alert
def test_the_panels_to_look_at_are_on_the_dashboards(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    titles = set(re.findall(r'"title": "(.+)"', "".join(dashboards().values())))
    for panel in re.findall(r"\*(.+?)\*", text.partition("## Look first")[2].partition("\n```")[0]):
        assert panel in titles | {"Targets", "Service discovery"}, "neither a panel nor a page of Prometheus"


@every_page
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w/.-]+\.md)(?:#([\w-]+))?\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target
        assert linked.is_file()
        headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors


def test_the_table_of_numbers_is_that_of_the_tuning_file() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([\d.]+) \| ([^|]+) \|", ALERTING.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {name: float(default) for name, default, _ in rows} == dict(current().thresholds)
    assert [name for name, _, _ in rows] == list(current().thresholds)
    for name, _, told in rows:
        users = {a.name for a in alerts() if re.search(rf"# tune: {name}$", a.expr, re.MULTILINE)}
        assert {f"Betatel{one}" for one in re.findall(r"[A-Z]\w+", told)} == users


def test_the_table_of_alerts_has_every_alert_with_its_severities_and_times() -> None:
    rows = re.findall(
        r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| ([\w, ]+) \| .+ \| ([\d a-z;]+) \|$",
        ALERTING.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {(name, page) for name, page, _, _ in rows} == {(name, name) for name in NAMES}
    rules = RULES.read_text(encoding="utf-8")
    for name, _, severities, after in rows:
        assert set(severities.split(", ")) == {a.labels["severity"] for a in alerts() if a.name == name}
        waits = re.findall(rf"- alert: {name}\n(?:.+\n)+?        for: (\d+)m\n", rules)
        assert re.findall(r"(\d+) min", after) == list(dict.fromkeys(waits))
