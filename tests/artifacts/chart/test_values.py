"""Values that cannot work are refused before anything reaches a cluster, in a sentence that names them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tools.chart.build import CHART, ROOT, documented_values, files

SCHEMA = json.loads((ROOT / CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = (ROOT / CHART / "values.yaml").read_text(encoding="utf-8")

SECRET = "accounts.default.existingSecret.name=betatel"
# The values, and what the message says of them; what the schema finds is worded differently by each version of Helm.
REFUSED: dict[str, tuple[str, ...]] = {
    "unknown key": ("replicas=2", "replicas", "not allowed"),
    "unknown setting": ("settings.windwos=today", "settings", "windwos", "not allowed"),
    "unknown account key": ("accounts.default.key=x", "accounts", "default", "key", "not allowed"),
    "unknown window": ("settings.windows[0]=last7d", "settings", "windows", "last12h"),
    "account id that is a number": ("accounts.default.accountId=675", "accountId", "string"),
    "account name": ("accounts.a:b.accountId=x", "a:b", "match"),
    "digest": ("image.digest=latest", "image", "digest", "match"),
    "timeout": ("settings.timeout=0", "settings", "timeout"),
    "interval": ("serviceMonitor.interval=often", "serviceMonitor", "interval", "match"),
    "key of an override": (
        "prometheusRule.overrides.BetatelApiDown.severity=info",
        "overrides",
        "BetatelApiDown",
        "severity",
        "not allowed",
    ),
    "both secrets": (
        SECRET,
        "accounts.default: apiKey and existingSecret.name are both set; exactly one of them is allowed",
    ),
    "no secret": (
        "accounts.default.apiKey=",
        "accounts.default: neither apiKey nor existingSecret.name is set; exactly one of them is needed",
    ),
    "API in the open": ("settings.baseUrl=http://api.example.com/", "permit it by settings.allowHttp"),
    "API in the open for one account": (
        "accounts.default.baseUrl=http://localhost.example.com/",
        "accounts.default.baseUrl: http:// would send the API key unencrypted",
    ),
    "scrape timeout above the interval": (
        "podMonitor.enabled=true,podMonitor.interval=1m,podMonitor.scrapeTimeout=1m1ms",
        "podMonitor.scrapeTimeout: 1m1ms is above podMonitor.interval, 1m",
    ),
    "two kinds of monitor": (
        "podMonitor.enabled=true,scrapeConfig.enabled=true",
        "podMonitor, scrapeConfig: only one kind of monitor may be enabled",
    ),
    "unknown alert left out": (
        "prometheusRule.disabledAlerts[0]=BetatelNope",
        "prometheusRule.disabledAlerts: there is no alert BetatelNope; known are BetatelApiDown,",
    ),
    "unknown alert changed": (
        "prometheusRule.overrides.BetatelNope.for=1m",
        "prometheusRule.overrides: there is no alert BetatelNope; known are BetatelApiDown,",
    ),
    "unknown threshold": (
        "prometheusRule.thresholds.nope=1",
        "prometheusRule.thresholds: there is no threshold nope; known are ",
    ),
    "threshold that is no number": (
        "prometheusRule.thresholds.nope=high",
        "prometheusRule",
        "thresholds",
        "nope",
    ),
    "TLS without its file": ("webConfig.tls=true", "webConfig.tls: there is no TLS without webConfig"),
    "authorities from two places": (
        "caCertificates.existingSecret=a,caCertificates.existingConfigMap=b",
        "caCertificates: existingConfigMap and existingSecret are both set",
    ),
    "two disruption limits": (
        "podDisruptionBudget.enabled=true,podDisruptionBudget.minAvailable=1",
        "podDisruptionBudget: exactly one of minAvailable and maxUnavailable is needed",
    ),
    "ingress without a host": ("ingress.enabled=true", "ingress.hosts: at least one host is needed"),
    "node port of a cluster address": (
        "service.nodePort=31742",
        "service.nodePort: a Service of type ClusterIP",
    ),
}
ACCEPTED = {
    "scrape timeout as long as the interval": (
        "scrapeConfig.enabled=true,scrapeConfig.interval=1m30s,scrapeConfig.scrapeTimeout=90s"
    ),
    "fractions, which --set gives as text": (
        "settings.timeout=7.5,settings.timeoutOffset=0.25,accounts.default.dailyBudget.EUR=20.5"
    ),
    "API in the open by permission": "settings.baseUrl=http://api.example.com,settings.allowHttp=true",
    "API in the open on loopback": "settings.baseUrl=http://127.0.0.1:8080/api,accounts.default.baseUrl=http://[::1]/",
    "values of a parent chart": "global.imageRegistry=registry.example.com,enabled=true",
    "no pod": "replicaCount=0",
}
KUBERNETES_OWN = {"podSecurityContext", "securityContext"}
"""Sections with whatever Kubernetes knows."""
DEFAULT = ROOT / CHART / "ci" / "default-values.yaml"

Helm = Callable[..., Any]


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_cannot_work_are_refused(helm: Helm, case: str) -> None:
    values, *words = REFUSED[case]
    refused = helm("template", "rel", ROOT / CHART, "--values", DEFAULT, "--set", values)

    assert refused.returncode != 0
    assert [word for word in words if word not in refused.stderr] == []
    assert "not-a-real-key" not in refused.stderr


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=ACCEPTED)
def test_values_that_work_are_not_refused(helm: Helm, values: str) -> None:
    accepted = helm("template", "rel", ROOT / CHART, "--values", DEFAULT, "--set", values)

    assert accepted.returncode == 0, accepted.stderr


def test_all_faults_are_told_at_once(helm: Helm) -> None:
    refused = helm("template", "rel", ROOT / CHART, "--set", "webConfig.tls=true,service.nodePort=31742")

    assert "accounts: at least one is needed, such as --set-string accounts.default" in refused.stderr
    faults = [line for line in refused.stderr.splitlines() if line.startswith("- ")]
    assert [fault.split(":")[0] for fault in faults] == [
        "- accounts",
        "- webConfig.tls",
        "- service.nodePort",
    ]


def test_the_schema_knows_exactly_the_values_there_are() -> None:
    assert _names(SCHEMA) - {("global",), ("enabled",)} == {
        value.path
        for value in documented_values(VALUES)
        if len(value.path) == 1 or value.path[0] not in KUBERNETES_OWN
    }


def test_the_schema_refuses_what_it_does_not_know_on_every_level() -> None:
    assert [
        path for path, node in _nodes(SCHEMA) if "properties" in node and node.get("additionalProperties")
    ] == []
    assert all(node["additionalProperties"] is False for _, node in _nodes(SCHEMA) if "properties" in node)


def test_a_value_without_a_comment_is_a_fault() -> None:
    with pytest.raises(ValueError, match=r"a\.c has no comment"):
        list(documented_values("# one\na:\n  # two\n  b: 1\n\n  c: 2\n"))


def test_a_value_is_documented_by_all_the_lines_above_it() -> None:
    values = list(documented_values("# one\n# more\na:\n  # two\n  b: [1]\n  # three\n  c: null\n"))

    assert [(value.path, value.default, value.description) for value in values] == [
        (("a",), "", "one more"),
        (("a", "b"), "`[1]`", "two"),
        (("a", "c"), "`null`", "three"),
    ]


def test_what_the_chart_has_from_elsewhere_is_up_to_date() -> None:
    for path, text in files().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path} is stale: make generate"


def test_the_values_of_the_ci_folder_use_every_value_there_is() -> None:
    used = set[tuple[str, ...]]()
    for path in (ROOT / CHART / "ci").glob("*-values.yaml"):
        used |= set(_keys(yaml.safe_load(path.read_text(encoding="utf-8"))))
    untouched = {value.path for value in documented_values(VALUES)} - used

    assert {path for path in untouched if path[0] not in KUBERNETES_OWN} == {
        ("image", "tag"),  # the digest wins over it
        ("resources",),
        ("readinessProbe",),
        ("serviceAccount", "create"),
        *((kind, "namespace") for kind in ("scrapeConfig",)),
        *(("scrapeConfig", key) for key in ("annotations", "interval", "scrapeTimeout", "metricRelabelings")),
        *(("scrapeConfig", key) for key in ("tlsConfig", "basicAuth")),
        *(
            ("podMonitor", key)
            for key in ("annotations", "relabelings", "metricRelabelings", "tlsConfig", "basicAuth")
        ),
    }


def _keys(values: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(values, dict):
        return []
    return [key for name, item in values.items() for key in [(*above, name), *_keys(item, (*above, name))]]


def _nodes(schema: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every object of the schema with its place in it."""
    if isinstance(schema, list):
        return [node for item in schema for node in _nodes(item, path)]
    if not isinstance(schema, dict):
        return []
    return [(path, schema), *(node for key, item in schema.items() for node in _nodes(item, (*path, key)))]


def _names(schema: Any, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    names = {(*above, key) for key in schema.get("properties", {})}
    return names.union(*(_names(item, (*above, key)) for key, item in schema.get("properties", {}).items()))
