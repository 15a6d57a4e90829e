"""Values of the chart that are one word wherever the schema allows it."""

from collections.abc import Iterator
from typing import Any

import jsonschema

from tools.chart.cluster.cases import LEAST

MONITORS = ("serviceMonitor", "podMonitor", "scrapeConfig")
EXCLUSIVE = {"apiKey", "apiKeyFile", "scrapeInterval", "scrapeTimeout"}
"""Values of an account that need others to be set, or not to be."""
NOTHING: Any = object()
WORDS = (
    "2024", "007", "1e5", "0x1f", "0b1", "0o17", "1.5", "1.0e3", ".5", "1_000", "12", "12:30:45", "2024-01-01", "true", "on",
    "y", "n", "N", "null", "~", "inf", ".nan", "a", "-", "=", "<<", "*a", "&a", "!a", "{}", "[]", "#", "/1", "1s", "https://1",
    "a.b", "A", "a_b", "a-", "a/b", "a,b", "a b", "é", "x" * 64, "x" * 254,
)  # fmt: skip
"""Texts that YAML reads as something else, or that only few values can be."""


def filled(schema: Any, word: str, monitor: str) -> dict[str, Any]:
    """Values that are a word wherever the schema and the chart allow it."""
    schema = _without_defaults(schema)
    values: dict[str, Any] = _filled(schema, word)
    for name in ("initContainers", "accounts", "enabled"):
        values.pop(name, None)
    for section in values.values():
        if isinstance(section, dict) and "enabled" in section:
            section["enabled"] = True
    for name in {*MONITORS} - {monitor}:
        values[name]["enabled"] = False
    values.get("caCertificates", {}).pop("existingConfigMap", None)
    values["image"] = {**LEAST["image"], **values.get("image", {})}
    for probe in ("livenessProbe", "readinessProbe"):
        values.get(probe, {}).pop("httpGet", None)  # not the path of the metrics too
    hosts = schema["properties"]["ingress"]["properties"]["hosts"]
    wanted = [{"host": word, "paths": [{"path": "/", "pathType": "Exact"}]}]
    values["ingress"]["hosts"] = wanted if _valid(hosts, wanted) else [{**wanted[0], "host": "a"}]
    accounts = schema["properties"]["accounts"]
    name = word if _valid(accounts["propertyNames"], word) else "default"
    values["accounts"] = {name: _account(accounts["additionalProperties"], word)}
    return values


def _without_defaults(node: Any) -> Any:
    """The schema for values to which Helm has not yet added the defaults: sections may be incomplete."""
    if not isinstance(node, dict):
        return node
    children = {name: _without_defaults(child) for name, child in node.get("properties", {}).items()}
    required = [
        name
        for name in node.get("required", [])
        if not children.get(name, {}).keys() & {"default", "properties"}
    ]
    return {**node, **({"properties": children, "required": required} if children else {})}


def _account(schema: Any, word: str) -> dict[str, Any]:
    filled_in = _filled(schema, word)
    account = {} if filled_in is NOTHING else {key: filled_in[key] for key in filled_in.keys() - EXCLUSIVE}
    account["existingSecret"] = {"name": "a", **account.get("existingSecret", {})}
    return {"accountId": "a", **account}


def _filled(node: Any, word: str) -> Any:
    """A value that the node allows, with the word in place of every string; NOTHING where there is no such value."""
    match node:
        case {"type": "string"} if "enum" not in node:
            value: Any = word
        case {"type": "boolean"}:
            value = node.get("default", False)
        case {"type": "array", "items": dict(items)}:
            item = _filled(items, word)
            value = [] if item is NOTHING else [item]
        case {"type": "object"}:
            value = {
                key: item
                for key, child in node.get("properties", {}).items()
                if (item := _filled(child, word)) is not NOTHING
            }
            others = node.get("additionalProperties")
            if isinstance(others, dict) and _valid(node.get("propertyNames", {}), word):
                item = _filled(others, word)
                value |= {} if item is NOTHING else {word: item}
            if not value:
                return NOTHING
        case _:
            return NOTHING
    return value if _valid(node, value) else NOTHING


def _valid(node: Any, value: Any) -> bool:
    return jsonschema.Draft7Validator(node).is_valid(value)


def leaves(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{above}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{above}[]")
    else:
        yield above, value
