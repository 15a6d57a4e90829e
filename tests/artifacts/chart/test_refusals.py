"""Values that cannot work are refused before anything reaches a cluster, in a sentence that names them."""

import json
from typing import Any

import jsonschema
import yaml

from tests.support.chart import CHART, Helm
from tools.chart.cluster.cases import LEAST

SCHEMA = jsonschema.Draft7Validator(json.loads((CHART / "values.schema.json").read_text(encoding="utf-8")))
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

ACCOUNT = {"accountId": "675aed61", "apiKey": "not-a-real-key"}
# What must be refused, by what the message says; messages of the schema are worded by Helm and checked for the path alone.
BY_THE_CHART: dict[str, dict[str, Any]] = {
    "accounts.default: set exactly one of existingSecret.name, apiKeyFile and apiKey; set: existingSecret.name, apiKey": {
        "accounts": {"default": {**ACCOUNT, "existingSecret": {"name": "betatel"}}}
    },
    "accounts.default: set exactly one of existingSecret.name, apiKeyFile and apiKey; set: apiKeyFile, apiKey": {
        "accounts": {"default": {**ACCOUNT, "apiKeyFile": "/vault/key"}}
    },
    "accounts.default: set exactly one of existingSecret.name, apiKeyFile and apiKey; set: none": {
        "accounts": {"default": {"accountId": "1"}}
    },
    "accounts: at least one is required": {"accounts": {}},
    "accounts.default: scrapeInterval and scrapeTimeout need an enabled serviceMonitor or podMonitor": {
        "accounts": {"default": {**ACCOUNT, "scrapeInterval": "30s"}},
        "serviceMonitor": {"enabled": True},
    },
    "settings.baseUrl: http:// sends the API key unencrypted": {
        "settings": {"baseUrl": "http://api.example.com/"}
    },
    "accounts.default.baseUrl: http:// sends the API key unencrypted": {
        "accounts": {"default": {**ACCOUNT, "baseUrl": "http://localhost.example.com/"}}
    },
    "caCertificates: set only one of existingConfigMap and existingSecret": {
        "caCertificates": {"existingConfigMap": "a", "existingSecret": "b"}
    },
    "webConfig.tls: TLS needs webConfig.existingSecret or webConfig.certificateSecret": {
        "webConfig": {"tls": True}
    },
    "image.repository: set it, and image.registry, to where your image is": {"image": {}},
    "strategy.rollingUpdate: maxSurge and maxUnavailable are both 0": {
        "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}
    },
    "dnsPolicy: None needs at least one of dnsConfig.nameservers": {"dnsPolicy": "None"},
    "podAnnotations: checksum/config is set by the chart": {"podAnnotations": {"checksum/config": "1"}},
    "extraVolumes: there is already a volume keys": {"extraVolumes": [{"name": "keys", "emptyDir": {}}]},
    "extraVolumes: there is already a volume mine": {"extraVolumes": [{"name": "mine"}, {"name": "mine"}]},
    "extraVolumeMounts: there is no volume mine": {
        "extraVolumeMounts": [{"name": "mine", "mountPath": "/mine"}]
    },
    "extraVolumeMounts: there is already a mount at /etc/betatel-exporter/config": {
        "extraVolumeMounts": [{"name": "config", "mountPath": "/etc/betatel-exporter/config"}]
    },
    "there is already a container betatel-exporter": {
        "extraContainers": [{"name": "betatel-exporter", "image": "a"}]
    },
    "livenessProbe: set only one of exec, tcpSocket": {
        "livenessProbe": {"exec": {"command": ["true"]}, "tcpSocket": {"port": 1}}
    },
    "readinessProbe.httpGet.path: /metrics calls the API at every probe": {
        "readinessProbe": {"httpGet": {"path": "/metrics"}}
    },
    "service.nodePort: needs service.type NodePort or LoadBalancer": {"service": {"nodePort": 31742}},
    "service.clusterIP: None needs service.type ClusterIP, not NodePort": {
        "service": {"clusterIP": "None", "type": "NodePort"}
    },
    "service.ipFamilies: two families need service.ipFamilyPolicy": {
        "service": {"ipFamilies": ["IPv4", "IPv6"]}
    },
    "service.clusterIP: fd00::1 is not of the first of service.ipFamilies, IPv4": {
        "service": {"clusterIP": "fd00::1", "ipFamilies": ["IPv4"]}
    },
    "ingress.hosts: an enabled Ingress needs at least one host": {"ingress": {"enabled": True}},
    "podDisruptionBudget: set exactly one of minAvailable and maxUnavailable": {
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1}
    },
    "podDisruptionBudget.minAvailable: 1 of replicaCount 1 lets no pod be evicted": {
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1, "maxUnavailable": None}
    },
    "podDisruptionBudget.minAvailable: 67% of replicaCount 3 lets no pod be evicted": {
        "replicaCount": 3,
        "podDisruptionBudget": {"enabled": True, "minAvailable": "67%", "maxUnavailable": None},
    },
    "podDisruptionBudget.maxUnavailable: 0% lets no pod be evicted": {
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": "0%"}
    },
    "podMonitor: the scrape timeout 1m1ms is above the scrape interval 1m": {
        "podMonitor": {"enabled": True, "interval": "1m", "scrapeTimeout": "1m1ms"}
    },
    "accounts.default: the scrape timeout 15s is above the scrape interval 10s": {
        "accounts": {"default": {**ACCOUNT, "scrapeInterval": "10s"}},
        "serviceMonitor": {"enabled": True, "perAccount": True},
    },
    "podMonitor, scrapeConfig: enable only one": {
        "podMonitor": {"enabled": True},
        "scrapeConfig": {"enabled": True},
    },
}
BY_THE_SCHEMA: dict[str, dict[str, Any]] = {
    "": {"replicas": 2},
    "settings": {"settings": {"windwos": ["today"]}},
    "accounts.default": {"accounts": {"default": {**ACCOUNT, "key": "x"}}},
    "settings.windows.0": {"settings": {"windows": ["last7d"]}},
    "settings.windows": {"settings": {"windows": ["today", "today"]}},
    "settings.timeout": {"settings": {"timeout": 0}},
    "accounts.default.accountId": {"accounts": {"default": {**ACCOUNT, "accountId": 675}}},
    "accounts": {"accounts": {"a:b": ACCOUNT}},
    "accounts.default.existingSecret.name": {
        "accounts": {"default": {"accountId": "1", "existingSecret": {"name": 123}}}
    },
    "accounts.default.existingSecret.key": {
        "accounts": {"default": {"accountId": "1", "existingSecret": {"name": "a", "key": "..a"}}}
    },
    "accounts.default.apiKeyFile": {"accounts": {"default": {"accountId": "1", "apiKeyFile": "vault/key"}}},
    "image.digest": {"image": {"digest": "latest"}},
    "image.registry": {"image": {"registry": "https://registry.example.com"}},
    "fullnameOverride": {"fullnameOverride": "2024"},
    "nameOverride": {"nameOverride": "a.b"},
    "namespaceOverride": {"namespaceOverride": "a.b"},
    "commonLabels.a": {"commonLabels": {"a": "not a label"}},
    "strategy.type": {"strategy": {"type": "BlueGreen"}},
    "livenessProbe": {"livenessProbe": {"grpc": {"port": 1}}},
    "livenessProbe.successThreshold": {"livenessProbe": {"successThreshold": 2}},
    "readinessProbe.periodSeconds": {"readinessProbe": {"periodSeconds": 0}},
    "extraEnv.0.value": {"extraEnv": [{"name": "PORT", "value": 3128}]},
    "service.nodePort": {"service": {"type": "NodePort", "nodePort": 80}},
    "service.clusterIP": {"service": {"clusterIP": "none"}},
    "ingress.hosts.0.host": {
        "ingress": {"hosts": [{"host": "192.0.2.1", "paths": [{"path": "/", "pathType": "Exact"}]}]}
    },
    "ingress.hosts.0.paths.0.path": {
        "ingress": {"hosts": [{"host": "a", "paths": [{"path": "metrics", "pathType": "Exact"}]}]}
    },
    "podDisruptionBudget.maxUnavailable": {"podDisruptionBudget": {"maxUnavailable": "150%"}},
    "serviceMonitor": {"serviceMonitor": {"interval": None}},
    "serviceMonitor.interval": {"serviceMonitor": {"interval": "often"}},
    "prometheusRule.thresholds": {"prometheusRule": {"thresholds": {"nope": 1}}},
    "prometheusRule.thresholds.outage_failure_ratio": {
        "prometheusRule": {"thresholds": {"outage_failure_ratio": "high"}}
    },
    "prometheusRule.disabledAlerts.0": {"prometheusRule": {"disabledAlerts": ["BetatelNope"]}},
    "prometheusRule.overrides": {"prometheusRule": {"overrides": {"BetatelNope": {"for": "1m"}}}},
    "prometheusRule.overrides.BetatelApiDown": {
        "prometheusRule": {"overrides": {"BetatelApiDown": {"severity": "info"}}}
    },
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "scrape timeout as long as the interval": {
        "scrapeConfig": {"enabled": True, "interval": "1m30s", "scrapeTimeout": "90s"}
    },
    "fractions, which --set makes text": {
        "settings": {"timeout": "7.5", "timeoutOffset": "0.25"},
        "accounts": {"default": {**ACCOUNT, "dailyBudget": {"EUR": "20.5"}}},
    },
    "http:// by permission": {"settings": {"baseUrl": "http://api.example.com", "allowHttp": True}},
    "http:// on loopback": {
        "settings": {"baseUrl": "http://127.0.0.1:8080/api"},
        "accounts": {"default": {**ACCOUNT, "baseUrl": "http://[::1]/"}},
    },
    "values of a parent chart, anchors": {"global": {"other": 1}, "enabled": True, "x-anchors": [1]},
    "no pods": {
        "replicaCount": 0,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1, "maxUnavailable": None},
    },
    "two of three may be evicted": {
        "replicaCount": 3,
        "podDisruptionBudget": {"enabled": True, "minAvailable": "33%", "maxUnavailable": None},
    },
}


def test_the_chart_refuses_what_cannot_work_in_one_sentence(helm: Helm) -> None:
    unexpected = {}
    for sentence, values in BY_THE_CHART.items():
        faults = helm.faults(values)
        if len(faults) != 1 or sentence not in faults[0]:
            unexpected[sentence] = faults

    assert unexpected == {}


def test_all_faults_are_reported_at_once(helm: Helm) -> None:
    faults = helm.faults({"accounts": {}, "webConfig": {"tls": True}, "service": {"nodePort": 31742}})

    assert [fault.split(":")[0] for fault in faults] == ["accounts", "webConfig.tls", "service.nodePort"]


def test_the_schema_refuses_what_cannot_work_and_names_the_place() -> None:
    places = {}
    for place, values in BY_THE_SCHEMA.items():
        found = {
            ".".join(map(str, error.path))
            for error in SCHEMA.iter_errors(_merged(DEFAULTS, {**LEAST, **values}))
        }
        if found != {place}:
            places[place] = found

    assert places == {}


def test_helm_refuses_what_the_schema_refuses(helm: Helm) -> None:
    refused = helm.template({"settings": {"windows": ["last7d"]}})

    assert refused.returncode != 0
    assert "windows" in refused.stderr
    assert "last12h" in refused.stderr


def test_an_api_key_is_in_no_message(helm: Helm) -> None:
    for values in (
        {"accounts": {"default": {**ACCOUNT, "accountId": 1}}},
        {"accounts": {"default": {"apiKey": "not-a-real-key"}}},
    ):
        refused = helm.template(values)

        assert refused.returncode != 0
        assert "not-a-real-key" not in refused.stderr


def test_values_that_work_are_not_refused(helm: Helm) -> None:
    refused = {
        name: helm.template(values).stderr
        for name, values in ACCEPTED.items()
        if helm.template(values).returncode
    }

    assert refused == {}


def _merged(base: Any, change: Any) -> Any:
    """As helm merges values."""
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    both = {**base, **{key: _merged(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in both.items() if value is not None or base.get(key) is None}
