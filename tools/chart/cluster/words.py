"""Values of the chart that are one word wherever the schema allows it."""

from typing import Any

import jsonschema

from tools.chart.cluster.cases import LEAST

MONITORS = ("serviceMonitor", "podMonitor", "scrapeConfig")
LEFT_OUT = {"accounts", "initContainers", "existingConfigMap", "httpGet", "tcpSocket"}
"""Not both of two lists of containers, two sources of certificates or two kinds of probe, and filled in below."""
NOT_OF_ACCOUNT = {"apiKey", "apiKeyFile", "scrapeInterval", "scrapeTimeout"}
"""Excluded by existingSecret, or by a monitor that is not for each account."""
WORDS = (
    "2024", "007", "1e5", "0x1f", "0b1", "0o17", "1.5", "1.0e3", ".5", "1_000", "12", "12:30:45", "2024-01-01", "true", "on",
    "y", "n", "N", "null", "~", "inf", ".nan", "a", "-", "=", "<<", "*a", "&a", "!a", "{}", "[]", "#", "/1", "1s", "https://1",
    "a.b", "A", "a_b", "a-", "a/b", "a,b", "a b", "é", "x" * 64, "x" * 254,
)  # fmt: skip
"""Strings that YAML reads as something else, or that few values can be."""


def filled(schema: Any, word: str, monitor: str) -> dict[str, Any]:
    """Values that are the word wherever the schema and the chart allow it, with everything enabled but other monitors."""
    values: dict[str, Any] = _filled(schema, word)
    for name, node in schema["properties"].items():
        if "enabled" in node.get("properties", {}):
            values.setdefault(name, {})["enabled"] = name not in MONITORS or name == monitor
    values["image"] = {**LEAST["image"], **values.get("image", {})}
    hosts = schema["properties"]["ingress"]["properties"]["hosts"]
    path = {"path": "/", "pathType": "Exact"}
    host = word if _valid(hosts["items"]["properties"]["host"], word) else "a"
    values["ingress"]["hosts"] = [{"host": host, "paths": [path]}]
    accounts = schema["properties"]["accounts"]
    name = word if _valid(accounts["propertyNames"], word) else "default"
    account = _filled(accounts["additionalProperties"], word) or {}
    values["accounts"] = {
        name: {
            "accountId": "a",
            **{key: account[key] for key in account.keys() - NOT_OF_ACCOUNT},
            "existingSecret": {"name": "a", **account.get("existingSecret", {})},
        }
    }
    return values


def _filled(node: Any, word: str) -> Any:
    """A value that the node allows, with the word in place of every string; None if there is no such value."""
    match node:
        case {"enum": _}:
            return None
        case {"type": "array", "items": dict(items)}:
            value: Any = [_filled(items, word)]
        case {"type": "object"}:
            children = dict(node.get("properties", {}))
            others = node.get("additionalProperties")
            if isinstance(others, dict) and _valid(node.get("propertyNames", {}), word):
                children[word] = others
            filled_in = {key: _filled(child, word) for key, child in children.items() if key not in LEFT_OUT}
            return {key: value for key, value in filled_in.items() if value is not None} or None
        case {"type": "string"}:
            value = word
        case _:
            return None
    return value if _valid(node, value) else None


def _valid(node: Any, value: Any) -> bool:
    return jsonschema.Draft7Validator(node).is_valid(value)
