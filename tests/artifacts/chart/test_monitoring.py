"""The objects of the operators carry what the project ships, changed only as the values say."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from tests.support.chart import CASES, Chart, container, one
from tests.support.paths import ROOT
from tools.chart.helm import Objects
from tools.rules.tune import RULES, current, tuned

Groups = list[Any]


@pytest.fixture(scope="module")
def shipped() -> Groups:
    return list(yaml.load((ROOT / RULES).read_text(encoding="utf-8"), yaml.CSafeLoader)["groups"])


def rendered(chart: Chart, **values: Any) -> Groups:
    objects = chart.objects({"prometheusRule": {"enabled": True, **values}})
    return list(one(objects, "PrometheusRule")["spec"]["groups"])


def expected(shipped: Groups, change: Callable[[Any], Mapping[str, Any]]) -> Groups:
    """The shipped groups with changed alerts."""
    return [
        {**group, "rules": [{**rule, **change(rule)} if "alert" in rule else rule for rule in group["rules"]]}
        for group in shipped
    ]


def test_the_rendered_rules_are_the_shipped_rules(chart: Chart, shipped: Groups) -> None:
    assert rendered(chart) == shipped


def test_disabled_alerts_are_left_out_in_every_group(chart: Chart, shipped: Groups) -> None:
    names = [rule.get("alert") for group in shipped for rule in group["rules"]]
    repeated = next(name for name in names if name and names.count(name) > 1)
    whole = next(group for group in shipped if all("alert" in rule for rule in group["rules"]))
    disabled = {repeated, *(rule["alert"] for rule in whole["rules"])}

    groups = rendered(chart, disabledAlerts=sorted(disabled))

    kept = [
        {**group, "rules": [rule for rule in group["rules"] if rule.get("alert") not in disabled]}
        for group in shipped
    ]
    assert groups == [group for group in kept if group["rules"]]


def test_thresholds_are_tuned_as_in_the_file_itself(chart: Chart) -> None:
    tuning = current()
    text = (ROOT / RULES).read_text(encoding="utf-8")
    name = next(iter(tuning.thresholds))

    for wanted in ({key: value * 2 + 0.25 for key, value in tuning.thresholds.items()}, {name: 7.25}):
        changed = replace(tuning, thresholds={**tuning.thresholds, **wanted})
        assert rendered(chart, thresholds=wanted) == yaml.safe_load(tuned(text, changed))["groups"]


def test_an_override_changes_its_alert_and_nothing_else(chart: Chart, shipped: Groups) -> None:
    labels = {"severity": "info", "team": "messaging"}
    annotations = {"summary": "{{ $labels.account }}", "contact": "us"}
    simple = {"expr": "vector(1) > 2", "for": "42m"}
    override = {**simple, "keepFiringFor": "1h", "labels": labels, "annotations": annotations}

    def change(rule: Any) -> dict[str, Any]:
        if rule["alert"] != "BetatelApiDown":
            return {}
        merged = {
            "labels": {**rule["labels"], **labels},
            "annotations": {**rule["annotations"], **annotations},
        }
        return {**simple, "keep_firing_for": "1h", **merged}

    assert rendered(chart, overrides={"BetatelApiDown": override}) == expected(shipped, change)


def test_labels_annotations_and_groups_can_be_added_and_links_changed(chart: Chart, shipped: Groups) -> None:
    own = {"name": "own", "rules": [{"record": "a:b", "expr": "vector(1)"}]}

    def change(rule: Any) -> dict[str, Any]:
        page = rule["annotations"]["runbook_url"].rsplit("/", 1)[-1]
        link = rule["annotations"]["dashboard_url"]
        links = {
            "runbook_url": f"https://wiki.example.com/b/{page}",
            "dashboard_url": f"https://grafana.example.com/x{link[link.index('/d/') :]}",
        }
        return {
            "labels": {**rule["labels"], "team": "otp"},
            "annotations": {**rule["annotations"], **links, "contact": "us"},
        }

    groups = rendered(
        chart,
        additionalRuleLabels={"team": "otp"},
        additionalRuleAnnotations={"contact": "us"},
        extraGroups=[own],
        runbookUrl="https://wiki.example.com/b/",
        dashboardUrl="https://grafana.example.com/x/",
    )

    assert groups == [*expected(shipped, change), own]


def test_dashboards_are_unchanged_and_their_file_names_unique_in_a_cluster(chart: Chart) -> None:
    # the sidecar writes the dashboards of all namespaces into one folder, hence the prefix
    paths = sorted((ROOT / "grafana/dashboards").glob("*.json"))
    files = {path.name: path.read_text(encoding="utf-8") for path in paths}
    objects = chart.objects("everything-values.yaml")
    maps = [item for item in objects if item["metadata"].get("labels", {}).get("dashboards") == "betatel"]
    resources = [item for item in objects if item["kind"] == "GrafanaDashboard"]

    assert {name: text for item in maps for name, text in item["data"].items()} == files
    assert [item["spec"]["json"] for item in resources] == list(files.values())
    assert {item["metadata"]["namespace"] for item in [*maps, *resources]} == {"grafana"}
    assert all(name.startswith("betatel-") for name in files)


def endpoints(objects: Objects) -> list[Any]:
    (spec,) = (item["spec"] for item in objects if item["kind"] in {"ServiceMonitor", "PodMonitor"})
    return list(spec.get("endpoints") or spec["podMetricsEndpoints"])


def test_monitors_scrape_the_port_path_and_scheme_that_the_pod_serves(chart: Chart) -> None:
    for case, scheme in {
        "kube-prometheus-stack-values.yaml": "http",
        "operator-values.yaml": "http",
        "web-config-tls-values.yaml": "https",
    }.items():
        objects = chart.objects(case)
        endpoint = endpoints(objects)[0]
        (port,) = container(objects)["ports"]

        assert (endpoint["port"], endpoint["path"], endpoint["scheme"]) == (port["name"], "/metrics", scheme)
        assert container(objects)["readinessProbe"]["httpGet"]["scheme"] == scheme.upper()


def test_a_monitor_finds_this_releases_pods_in_their_namespace(chart: Chart) -> None:
    objects = chart.objects({"serviceMonitor": {"enabled": True}, "namespaceOverride": "other"})
    spec = one(objects, "ServiceMonitor")["spec"]

    assert spec["namespaceSelector"] == {"matchNames": ["other"]}
    assert spec["jobLabel"] == "app.kubernetes.io/name"
    assert spec["selector"]["matchLabels"]["app.kubernetes.io/instance"] == "rel"


def test_each_account_can_be_a_target_of_its_own(chart: Chart) -> None:
    bank, shop = endpoints(chart.objects("certificate-values.yaml"))

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


def test_every_option_of_a_monitor_is_passed_on(chart: Chart) -> None:
    for case, section, count in (
        ("everything-values.yaml", "serviceMonitor", 4),
        ("operator-values.yaml", "podMonitor", 2),
        ("scrape-config-values.yaml", "scrapeConfig", 1),
    ):
        values = CASES[case][section]
        objects = chart.objects(case)
        spec = one(objects, section[0].upper() + section[1:])["spec"]
        scrapes = [spec] if section == "scrapeConfig" else endpoints(objects)

        for key in ("sampleLimit", "scrapeClass", *({"jobLabel", "jobName"} & values.keys())):
            assert spec[key] == values[key], (section, key)
        for key in ("honorLabels", "proxyUrl", "metricRelabelings", "tlsConfig", "basicAuth"):
            assert scrapes[0][key] == values[key], (section, key)
        assert scrapes[0]["relabelings"][-1:] == values["relabelings"], section
        assert values["params"].items() <= scrapes[0]["params"].items(), section
        assert all(endpoint in scrapes for endpoint in values.get("extraEndpoints", [])), section
        assert len(scrapes) == count, section


def test_a_scrape_config_keeps_only_this_releases_service(chart: Chart) -> None:
    spec = one(chart.objects({"scrapeConfig": {"enabled": True}}), "ScrapeConfig")["spec"]

    assert spec["relabelings"][0] == {
        "sourceLabels": ["__meta_kubernetes_service_name", "__meta_kubernetes_endpoint_port_name"],
        "action": "keep",
        "regex": "rel-betatel-exporter;http",
    }
    assert (spec["jobName"], spec["metricsPath"]) == ("betatel-exporter", "/metrics")
