"""What is installed: values, and names of releases and namespaces, that must all work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAST: Mapping[str, Any] = {
    "image": {"registry": "registry.example.com", "repository": "betatel-exporter"},
    "accounts": {"default": {"accountId": "675aed61", "apiKey": "not-a-real-key"}},
}
"""The least values that work."""


@dataclass(frozen=True)
class Case:
    name: str
    values: Mapping[str, Any]
    """In place of the same keys of LEAST."""
    release: str = "rel"
    namespace: str = "apps"
    restricted: bool = True
    """Whether the restricted Pod Security Standard accepts its pods."""


NAMES = [
    Case(f"release {release:.24}, namespace {namespace:.12}", {}, release, namespace)
    for release, namespace in [
        ("2024", "2025"),
        ("007", "1e5"),
        ("0", "0"),
        ("1e5", "true"),
        ("on", "null"),
        ("true", "off"),
        ("1.5", "0x1f"),
        ("a.b-c.2024", "apps"),
        ("2024-betatel-exporter", "apps"),
        ("a" * 53, "b" * 63),
        (f"1{'a' * 50}-b", "apps"),
    ]
]

VALUES = [
    Case("strategy Recreate", {"strategy": {"type": "Recreate"}}),
    Case("strategy without surge", {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}}),
    Case(
        "strategy in percent", {"strategy": {"rollingUpdate": {"maxSurge": "150%", "maxUnavailable": "0%"}}}
    ),
    Case("strategy of defaults", {"strategy": {"rollingUpdate": None}}),
    Case("probes by exec", {"livenessProbe": {"exec": {"command": ["betatel-exporter", "healthcheck"]}}}),
    Case("probes by TCP", {"livenessProbe": {"tcpSocket": {"port": "http"}}}),
    Case(
        "a path of a probe",
        {"livenessProbe": {"httpGet": {"path": "/-/ready", "httpHeaders": [{"name": "X", "value": "1"}]}}},
    ),
    Case("no probes", {"livenessProbe": None, "readinessProbe": None}),
    Case("name servers", {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.53"]}}),
    Case("network of the node", {"hostNetwork": True}, restricted=False),
    Case("lifecycle", {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}),
    Case(
        "large numbers",
        {"terminationGracePeriodSeconds": 2000000, "podSecurityContext": {"runAsUser": 1000680000}},
    ),
    Case(
        "OpenShift",
        {"podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}},
    ),
    Case("no pods", {"replicaCount": 0, "podDisruptionBudget": {"enabled": True}}),
    Case(
        "budget in percent",
        {"replicaCount": 3, "podDisruptionBudget": {"enabled": True, "maxUnavailable": "100%"}},
    ),
    Case(
        "least pods",
        {
            "replicaCount": 3,
            "podDisruptionBudget": {"enabled": True, "minAvailable": "66%", "maxUnavailable": None},
        },
    ),
    Case("node port", {"service": {"type": "NodePort", "nodePort": 30000}}),
    Case("load balancer", {"service": {"type": "LoadBalancer", "nodePort": 32767, "appProtocol": "http"}}),
    Case(
        "headless",
        {"service": {"clusterIP": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}},
    ),
    Case("cluster address", {"service": {"clusterIP": "10.96.3.4", "ipFamilyPolicy": "PreferDualStack"}}),
    Case(
        "key from a file", {"accounts": {"default": {"accountId": "1", "apiKeyFile": "/vault/secrets/key"}}}
    ),
    Case(
        "volumes",
        {
            "extraVolumes": [{"name": "scratch", "emptyDir": {}}],
            "extraVolumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
        },
    ),
    Case("existing service account", {"serviceAccount": {"create": False}}),
    Case(
        "proxy and ports",
        {
            "networkPolicy": {"enabled": True},
            "extraEnv": [{"name": "https_proxy", "value": "proxy.example.com:3128"}],
            "settings": {"baseUrl": "https://api.example.com:8443/v1"},
        },
    ),
    Case(
        "registry of a parent chart",
        {"global": {"imageRegistry": "mirror.example.com", "imagePullSecrets": ["mirror"]}},
    ),
    Case(
        "ingress without host",
        {
            "ingress": {
                "enabled": True,
                "hosts": [{"host": "", "paths": [{"path": "/", "pathType": "Exact"}]}],
            }
        },
    ),
]
