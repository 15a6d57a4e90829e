"""What the rules name is there, and every alert says what whoever it wakes needs."""

import re
import subprocess
from collections.abc import Callable

import promql_parser as promql
import pytest

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.definitions import CATALOGUE
from tests.artifacts.rules.rulefile import CASES, RULES, alert_cases, alerts, expressions, recorded, selectors
from tools.dashboards.build import files as dashboards

TARGET = {"job", "instance", "pod", "container", "endpoint", "node", "namespace", "cluster"}
LABELS = {metric.name: TARGET | set(metric.labels) for metric in CATALOGUE} | {"up": TARGET}
VALUES: dict[str, set[str]] = {
    "window": set(Window),
    "status": set(Status),
    "reason": set(Reason),
    "query": {f"stats/{window}" for window in Window} | {f"tdr/{status}" for status in Status},
}
ALERTS = {alert.key: alert for alert in alerts()}

every_alert = pytest.mark.parametrize("key", ALERTS, ids="-".join)
every_expression = pytest.mark.parametrize("expression", expressions())


def test_promtool_accepts_the_rules(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", RULES], check=True)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_rules_do_what_the_cases_say(path: str, tool: Callable[[str], str]) -> None:
    done = subprocess.run(
        [tool("promtool"), "test", "rules", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@every_expression
def test_every_name_is_exposed_or_recorded(expression: str) -> None:
    for selector in selectors(expression):
        name = str(selector.name)
        assert name in recorded() if ":" in name else name in LABELS


@every_expression
def test_every_matcher_can_match(expression: str) -> None:
    for selector in selectors(expression):
        for matcher in selector.matchers.matchers:
            if str(selector.name) in LABELS:
                assert matcher.name in LABELS[str(selector.name)]
            assert any(_matches(matcher, value) for value in VALUES[matcher.name]), matcher


@every_expression
def test_every_listed_value_exists(expression: str) -> None:
    """An alternative that is mistyped would hide among those that match."""
    for selector in selectors(expression):
        for matcher in selector.matchers.matchers:
            prefix = "tdr/" if matcher.name == "query" else ""
            for value in re.findall(r"\w+", matcher.value.removeprefix(prefix)):
                assert prefix + value in VALUES[matcher.name]


def _matches(matcher: promql.Matcher, value: str) -> bool:
    if matcher.op == promql.MatchOp.Equal:
        return bool(matcher.value == value)
    return re.fullmatch(matcher.value, value) is not None


def test_every_recorded_series_is_used() -> None:
    used = {str(selector.name) for expression in expressions() for selector in selectors(expression)}
    # The backlog is there for whoever wants an alert of their own on it.
    assert recorded().keys() - used == {"account:betatel_telegram_messages_backlog:sum"}


@every_alert
def test_an_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent(
    key: tuple[str, str, str],
) -> None:
    name, severity, path = key
    cases = [case for case in alert_cases() if case["alertname"] == name]
    fired = [
        {
            (alert["exp_labels"]["severity"], alert["exp_labels"].get("path", ""))
            for alert in case["exp_alerts"]
        }
        for case in cases
    ]
    assert any((severity, path) in kinds for kinds in fired)
    assert any((severity, path) not in kinds for kinds in fired)
    assert any(not kinds for kinds in fired)


@every_alert
def test_an_alert_says_what_to_do_and_where_to_look(key: tuple[str, str, str]) -> None:
    alert = ALERTS[key]
    assert alert.name.startswith("Betatel")
    assert alert.labels["severity"] in {"critical", "warning", "info"}
    assert alert.annotations.keys() == {"summary", "description", "runbook_url", "dashboard_url"}
    assert alert.annotations["runbook_url"].endswith(f"/docs/runbooks/{alert.name}.md")
    assert "{{" not in alert.annotations["summary"]  # the same for all, so that notifications can be grouped
    uid = re.match(r"/d/([\w-]+)", alert.annotations["dashboard_url"])
    assert uid is not None
    assert f"grafana/dashboards/{uid[1]}.json" in dashboards()


@every_alert
def test_an_alert_on_an_account_names_it(key: tuple[str, str, str]) -> None:
    alert = ALERTS[key]
    if alert.name.startswith("BetatelExporter"):
        return
    assert "{{ $labels.account }}" in alert.annotations["description"]
    assert alert.annotations["dashboard_url"].endswith("?var-account={{ $labels.account }}")


@every_expression
def test_replicas_are_never_added_up(expression: str) -> None:
    """Sums are over statuses, or over the calls that each replica made itself."""

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.AggregateExpr) and str(node.op) == "sum":
            assert (node.modifier and node.modifier.labels == ["status"]) or all(
                str(selector.name) == "betatel_api_failures_total" for selector in selectors(node.prettify())
            )
        return True

    promql.walk(promql.parse(expression), visit)


def test_the_copies_that_other_rules_name_are_dropped_everywhere_alike() -> None:
    text = RULES.read_text(encoding="utf-8")
    replicas = re.findall(r"(?:max|sum|group) without \(([^)]*instance[^)]*)\)", text)
    assert len(replicas) > 10
    for labels in replicas:
        assert labels.endswith("instance, pod, container, endpoint, node")


def test_every_case_file_is_in_the_right_order() -> None:
    """promtool evaluates groups in any order unless it is told one, and then minutes are off by one now and then."""
    groups = re.findall(r"^  - name: (\S+)", RULES.read_text(encoding="utf-8"), re.MULTILINE)
    for path in CASES:
        assert f"group_eval_order: [{', '.join(groups)}]" in path.read_text(encoding="utf-8"), path
