"""The objects of the operators carry what the project ships, changed only as the values say."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.chart import CASES, Helm, container, one
from tests.support.paths import ROOT
from tools.chart.objects import Objects
from tools.rules.tune import RULES, current, tuned

Groups = list[Any]


@pytest.fixture(scope="module")
def shipped() -> Groups:
    return list(yaml.load((ROOT / RULES).read_text(encoding="utf-8"), yaml.CSafeLoader)["groups"])


def rendered(helm: Helm, **values: Any) -> Groups:
    return list(
        one(helm.objects({"prometheusRule": {"enabled": True, **values}}), "PrometheusRule")["spec"]["groups"]
    )


def rules(groups: Groups) -> Iterator[Any]:
    return (rule for group in groups for rule in group["rules"])


def alerts(groups: Groups) -> Iterator[Any]:
    return (rule for rule in rules(groups) if "alert" in rule)


def expected(shipped: Groups, change: Callable[[Any], Mapping[str, Any]]) -> Groups:
    """The shipped groups with changed alerts."""
    return [
        {**group, "rules": [{**rule, **change(rule)} if "alert" in rule else rule for rule in group["rules"]]}
        for group in shipped
    ]


def test_the_rendered_rules_are_the_shipped_rules(helm: Helm, shipped: Groups) -> None:
    assert rendered(helm) == shipped


def test_disabled_alerts_are_left_out_with_all_their_paths_and_empty_groups(
    helm: Helm, shipped: Groups
) -> None:
    names = [rule["alert"] for rule in alerts(shipped)]
    twice = next(name for name in names if names.count(name) > 1)
    whole = next(group for group in shipped if all("alert" in rule for rule in group["rules"]))
    disabled = sorted({twice, *(rule["alert"] for rule in whole["rules"])})

    groups = rendered(helm, disabledAlerts=disabled)

    kept = [
        {**group, "rules": [rule for rule in group["rules"] if rule.get("alert") not in disabled]}
        for group in shipped
    ]
    assert groups == [group for group in kept if group["rules"]]
    assert whole["name"] not in [group["name"] for group in groups]


def test_thresholds_are_tuned_as_in_the_file_itself(helm: Helm) -> None:
    tuning = current()
    text = (ROOT / RULES).read_text(encoding="utf-8")
    name = next(iter(tuning.thresholds))

    for wanted in ({key: value * 2 + 0.25 for key, value in tuning.thresholds.items()}, {name: 7.25}):
        changed = replace(tuning, thresholds={**tuning.thresholds, **wanted})
        assert rendered(helm, thresholds=wanted) == yaml.safe_load(tuned(text, changed))["groups"]


def test_an_override_changes_its_alert_and_nothing_else(helm: Helm, shipped: Groups) -> None:
    override = {
        "expr": "vector(1) > 2",
        "for": "42m",
        "keepFiringFor": "1h",
        "labels": {"severity": "info", "team": "messaging"},
        "annotations": {"summary": "{{ $labels.account }}", "contact": "us"},
    }

    groups = rendered(helm, overrides={"BetatelApiDown": override})

    assert groups == expected(
        shipped,
        lambda rule: (
            {}
            if rule["alert"] != "BetatelApiDown"
            else {
                "expr": override["expr"],
                "for": override["for"],
                "keep_firing_for": override["keepFiringFor"],
                "labels": {**rule["labels"], **override["labels"]},  # type: ignore[dict-item]
                "annotations": {**rule["annotations"], **override["annotations"]},  # type: ignore[dict-item]
            }
        ),
    )


def test_labels_annotations_and_groups_can_be_added(helm: Helm, shipped: Groups) -> None:
    own = {"name": "own", "rules": [{"record": "a:b", "expr": "vector(1)"}]}

    groups = rendered(
        helm,
        additionalRuleLabels={"team": "otp"},
        additionalRuleAnnotations={"contact": "us"},
        extraGroups=[own],
    )

    assert groups == [
        *expected(
            shipped,
            lambda rule: {
                "labels": {**rule["labels"], "team": "otp"},
                "annotations": {**rule["annotations"], "contact": "us"},
            },
        ),
        own,
    ]


def test_links_lead_to_the_runbooks_and_the_grafana_of_the_values(helm: Helm, shipped: Groups) -> None:
    groups = rendered(
        helm, runbookUrl="https://wiki.example.com/b/", dashboardUrl="https://grafana.example.com/x/"
    )

    def links(rule: Any) -> dict[str, Any]:
        page = rule["annotations"]["runbook_url"].rsplit("/", 1)[-1]
        link = rule["annotations"]["dashboard_url"]
        return {
            "annotations": {
                **rule["annotations"],
                "runbook_url": f"https://wiki.example.com/b/{page}",
                "dashboard_url": f"https://grafana.example.com/x{link[link.index('/d/') :]}",
            }
        }

    assert groups == expected(shipped, links)


def test_promtool_accepts_the_rendered_rules(helm: Helm, tool: Callable[[str], str], tmp_path: Path) -> None:
    for case in ("operator-values.yaml", "everything-values.yaml"):
        path = tmp_path / "rules.yml"
        spec = one(helm.objects(case), "PrometheusRule")["spec"]
        path.write_text(yaml.safe_dump(spec), encoding="utf-8")

        checked = subprocess.run(
            [tool("promtool"), "check", "rules", path],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_dashboards_arrive_unchanged_under_names_that_meet_no_other_projects(helm: Helm) -> None:
    # the sidecar writes the dashboards of all namespaces into one folder, hence the prefix
    files = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "grafana/dashboards").glob("*.json")
    }
    objects = helm.objects("everything-values.yaml")
    maps = [item for item in objects if item["metadata"].get("labels", {}).get("dashboards") == "betatel"]
    resources = [item for item in objects if item["kind"] == "GrafanaDashboard"]

    assert {name: text for item in maps for name, text in item["data"].items()} == files
    assert [item["spec"]["json"] for item in resources] == [files[name] for name in sorted(files)]
    assert {item["metadata"]["namespace"] for item in [*maps, *resources]} == {"grafana"}
    assert all(name.startswith("betatel-") for name in files)


def endpoints(objects: Objects) -> list[Any]:
    for item in objects:
        if item["kind"] in {"ServiceMonitor", "PodMonitor"}:
            return list(item["spec"].get("endpoints") or item["spec"]["podMetricsEndpoints"])
    raise AssertionError("there is no monitor")


def test_monitors_scrape_the_port_path_and_scheme_that_the_pod_serves(helm: Helm) -> None:
    for case in ("kube-prometheus-stack-values.yaml", "operator-values.yaml", "web-config-tls-values.yaml"):
        objects = helm.objects(case)
        (endpoint,) = endpoints(objects)[:1]
        (port,) = container(objects)["ports"]
        scheme = "https" if "tls" in case else "http"

        assert (endpoint["port"], endpoint["path"], endpoint["scheme"]) == (port["name"], "/metrics", scheme)
        assert container(objects)["readinessProbe"]["httpGet"]["scheme"] == scheme.upper()


def test_a_monitor_finds_this_releases_pods_in_their_namespace(helm: Helm) -> None:
    spec = one(
        helm.objects({"serviceMonitor": {"enabled": True}, "namespaceOverride": "other"}), "ServiceMonitor"
    )["spec"]

    assert spec["namespaceSelector"] == {"matchNames": ["other"]}
    assert spec["jobLabel"] == "app.kubernetes.io/name"
    assert spec["selector"]["matchLabels"]["app.kubernetes.io/instance"] == "rel"


def test_each_account_can_be_a_target_of_its_own(helm: Helm) -> None:
    bank, shop = endpoints(helm.objects("certificate-values.yaml"))

    assert [(end["path"], end["params"], end["interval"]) for end in (bank, shop)] == [
        ("/probe", {"account": ["bank"]}, "5m"),
        ("/probe", {"account": ["shop"]}, "60s"),
    ]
    # two targets with the same labels would be one series "up"
    assert bank["relabelings"] == [
        {"sourceLabels": ["__address__"], "targetLabel": "instance", "replacement": "${1}/bank"}
    ]
    assert (
        bank["tlsConfig"]
        == shop["tlsConfig"]
        == CASES["certificate-values.yaml"]["serviceMonitor"]["tlsConfig"]
    )


def test_every_option_of_a_monitor_arrives(helm: Helm) -> None:
    for case, section, kind in [
        ("everything-values.yaml", "serviceMonitor", "ServiceMonitor"),
        ("operator-values.yaml", "podMonitor", "PodMonitor"),
        ("scrape-config-values.yaml", "scrapeConfig", "ScrapeConfig"),
    ]:
        values = CASES[case][section]
        objects = helm.objects(case)
        spec = one(objects, kind)["spec"]
        first = spec if kind == "ScrapeConfig" else endpoints(objects)[0]

        for key in ("sampleLimit", "scrapeClass", *({"jobLabel", "jobName"} & values.keys())):
            assert spec[key] == values[key], (kind, key)
        for key in ("honorLabels", "proxyUrl", "metricRelabelings", "tlsConfig", "basicAuth"):
            assert first[key] == values[key], (kind, key)
        assert first["relabelings"][-1:] == values["relabelings"], kind
        assert values["params"].items() <= first["params"].items(), kind
        for endpoint in values.get("extraEndpoints", []):
            assert endpoint in endpoints(objects)
    assert [
        len(endpoints(helm.objects(case))) for case in ("everything-values.yaml", "operator-values.yaml")
    ] == [4, 2]


def test_a_scrape_config_keeps_only_this_releases_service(helm: Helm) -> None:
    spec = one(helm.objects({"scrapeConfig": {"enabled": True}}), "ScrapeConfig")["spec"]

    assert spec["relabelings"][0] == {
        "sourceLabels": ["__meta_kubernetes_service_name", "__meta_kubernetes_endpoint_port_name"],
        "action": "keep",
        "regex": "rel-betatel-exporter;http",
    }
    assert (spec["jobName"], spec["metricsPath"]) == ("betatel-exporter", "/metrics")
