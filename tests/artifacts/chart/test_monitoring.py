"""The operator's objects carry what the project ships, changed only as the values say."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.chart.build import ROOT
from tools.rules.tune import RULES, current, tuned

Template = Callable[..., list[Any]]
WITH_RULES = "--set=prometheusRule.enabled=true"


@pytest.fixture(scope="module")
def shipped() -> Any:
    return yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))["groups"]


def test_the_rendered_rules_are_the_shipped_rules(template: Template, shipped: Any) -> None:
    assert _groups(template("operator-values.yaml")) == shipped


def test_an_alert_that_is_disabled_is_left_out_with_all_its_paths(template: Template, shipped: Any) -> None:
    name = next(rule["alert"] for rule in _alerts(shipped) if _count(shipped, rule["alert"]) > 1)

    groups = _groups(
        template("default-values.yaml", WITH_RULES, f"--set=prometheusRule.disabledAlerts[0]={name}")
    )

    assert _count(groups, name) == 0
    assert list(_rules(groups)) == [rule for rule in _rules(shipped) if rule.get("alert") != name]


def test_a_group_whose_alerts_are_all_disabled_is_left_out(template: Template, shipped: Any) -> None:
    group = next(group for group in shipped if all("alert" in rule for rule in group["rules"]))
    names = sorted({rule["alert"] for rule in group["rules"]})
    disabled = ",".join(names)

    groups = _groups(
        template("default-values.yaml", WITH_RULES, f"--set=prometheusRule.disabledAlerts={{{disabled}}}")
    )

    assert [kept["name"] for kept in groups] == [
        kept["name"] for kept in shipped if not all(rule.get("alert") in names for rule in kept["rules"])
    ]


def test_thresholds_are_tuned_as_in_the_file_itself(template: Template) -> None:
    tuning = current()
    wanted = {name: value * 2 + 0.25 for name, value in tuning.thresholds.items()}
    text = (ROOT / RULES).read_text(encoding="utf-8")
    values = json.dumps({"enabled": True, "thresholds": wanted})

    groups = _groups(template("default-values.yaml", f"--set-json=prometheusRule={values}"))

    assert groups == yaml.safe_load(tuned(text, replace(tuning, thresholds=wanted)))["groups"]


def test_a_single_threshold_changes_its_own_number_alone(template: Template) -> None:
    tuning = current()
    name = next(iter(tuning.thresholds))
    text = (ROOT / RULES).read_text(encoding="utf-8")
    changed = replace(tuning, thresholds={**tuning.thresholds, name: 7.25})

    groups = _groups(
        template("default-values.yaml", WITH_RULES, f"--set=prometheusRule.thresholds.{name}=7.25")
    )

    assert groups == yaml.safe_load(tuned(text, changed))["groups"]


def test_an_override_changes_its_alert_and_nothing_else(
    template: Template, shipped: Any, tmp_path: Path
) -> None:
    override = {
        "expr": "vector(1) > 2",
        "for": "42m",
        "keepFiringFor": "1h",
        "labels": {"severity": "info", "team": "messaging"},
    }
    values = tmp_path / "values.yaml"
    values.write_text(
        yaml.safe_dump({"prometheusRule": {"enabled": True, "overrides": {"BetatelApiDown": override}}}),
        encoding="utf-8",
    )

    groups = _groups(template("default-values.yaml", f"--values={values}"))

    for rendered, original in zip(_rules(groups), _rules(shipped), strict=True):
        if original.get("alert") == "BetatelApiDown":
            assert rendered == {
                **original,
                "expr": "vector(1) > 2",
                "for": "42m",
                "keep_firing_for": "1h",
                "labels": {**original["labels"], "severity": "info", "team": "messaging"},
            }
        else:
            assert rendered == original


@pytest.mark.parametrize("case", ["operator-values.yaml", "everything-values.yaml"])
def test_promtool_accepts_the_rendered_rules(
    template: Template, tool: Callable[[str], str], tmp_path: Path, case: str
) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": _groups(template(case))}), encoding="utf-8")

    checked = subprocess.run(
        [tool("promtool"), "check", "rules", path], capture_output=True, text=True, timeout=60, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_runbooks_are_looked_for_where_the_values_say(template: Template, shipped: Any) -> None:
    groups = _groups(
        template(
            "default-values.yaml", WITH_RULES, "--set=prometheusRule.runbookUrl=https://wiki.example.com/b/"
        )
    )

    for rendered, original in zip(_alerts(groups), _alerts(shipped), strict=True):
        page = original["annotations"]["runbook_url"].rsplit("/", 1)[-1]
        assert rendered["annotations"]["runbook_url"] == f"https://wiki.example.com/b/{page}"


def test_links_to_dashboards_lead_to_the_grafana_of_the_values(template: Template, shipped: Any) -> None:
    groups = _groups(
        template(
            "default-values.yaml",
            WITH_RULES,
            "--set=prometheusRule.dashboardUrl=https://grafana.example.com/x/",
        )
    )

    for rendered, original in zip(_alerts(groups), _alerts(shipped), strict=True):
        link = original["annotations"]["dashboard_url"]
        path = link[link.index("/d/") :]
        assert rendered["annotations"]["dashboard_url"] == f"https://grafana.example.com/x{path}"


def test_dashboards_reach_the_sidecar_unchanged(template: Template) -> None:
    maps = [
        item for item in template("operator-values.yaml") if "grafana_dashboard" in item["metadata"]["labels"]
    ]

    rendered = {name: text for item in maps for name, text in item["data"].items()}

    assert rendered == {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "grafana/dashboards").glob("*.json")
    }
    assert len(maps) == len(rendered)
    assert {item["metadata"]["namespace"] for item in maps} == {"monitoring"}


def test_names_of_dashboard_files_are_unlikely_to_meet_another_projects(template: Template) -> None:
    # the sidecar writes the dashboards of all namespaces into one folder
    maps = [
        item for item in template("operator-values.yaml") if "grafana_dashboard" in item["metadata"]["labels"]
    ]

    assert all(name.startswith("betatel-") for item in maps for name in item["data"])


@pytest.mark.parametrize(
    ("case", "kind", "endpoint"),
    [
        ("kube-prometheus-stack-values.yaml", "ServiceMonitor", "endpoints"),
        ("operator-values.yaml", "PodMonitor", "podMetricsEndpoints"),
    ],
)
def test_monitors_ask_the_port_and_path_that_the_pod_serves(
    template: Template, case: str, kind: str, endpoint: str
) -> None:
    objects = template(case)
    (monitor,) = [item for item in objects if item["kind"] == kind]
    (deployment,) = [item for item in objects if item["kind"] == "Deployment"]
    (port,) = deployment["spec"]["template"]["spec"]["containers"][0]["ports"]

    (asked,) = monitor["spec"][endpoint]
    assert (asked["port"], asked["path"], asked["scheme"]) == (port["name"], "/metrics", "http")
    assert monitor["spec"]["namespaceSelector"] == {"matchNames": ["apps"]}
    assert monitor["spec"]["jobLabel"] == "app.kubernetes.io/name"
    assert monitor["metadata"]["labels"]["release"] == "kps"


def test_a_scrape_config_keeps_only_this_releases_service(template: Template) -> None:
    (config,) = [item for item in template("scrape-config-values.yaml") if item["kind"] == "ScrapeConfig"]
    first, *_, last = config["spec"]["relabelings"]

    assert first["action"] == "keep"
    assert first["regex"] == "rel-betatel-exporter;http"
    assert last == {"targetLabel": "cluster", "replacement": "one"}
    assert config["spec"]["jobName"] == "betatel-exporter"


def test_monitors_use_tls_where_the_exporter_does(template: Template) -> None:
    objects = template("web-config-tls-values.yaml")
    (monitor,) = [item for item in objects if item["kind"] == "ServiceMonitor"]
    (deployment,) = [item for item in objects if item["kind"] == "Deployment"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]

    assert monitor["spec"]["endpoints"][0]["scheme"] == "https"
    assert container["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert container["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def _groups(objects: list[Any]) -> Any:
    (rule,) = [item for item in objects if item["kind"] == "PrometheusRule"]
    return rule["spec"]["groups"]


def _rules(groups: Any) -> Iterator[Any]:
    return (rule for group in groups for rule in group["rules"])


def _alerts(groups: Any) -> Iterator[Any]:
    return (rule for rule in _rules(groups) if "alert" in rule)


def _count(groups: Any, name: str) -> int:
    return [rule["alert"] for rule in _alerts(groups)].count(name)
