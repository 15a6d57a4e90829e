"""values.schema.json, from the comments and defaults of values.yaml, the constraints beside this file, and the code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from betatel_exporter.config import parsers
from tools.chart.settings import ChartSetting, Schema
from tools.chart.values import Value, documented_values

_DEFAULT = " Default: the one in `settings`."
NULLABLE = {
    "accounts",
    "livenessProbe",
    "readinessProbe",
    "podSecurityContext",
    "securityContext",
    "resources",
}
PLAIN = {bool: "boolean", int: "integer", str: "string"}


@dataclass(frozen=True)
class Known:
    """What the schema has from elsewhere."""

    settings: Sequence[ChartSetting]
    account_settings: Sequence[ChartSetting]
    thresholds: Mapping[str, float]
    alerts: Sequence[str]


def schema(values: str, constraints: Mapping[str, Any], known: Known) -> Schema:
    """Raises ValueError for a value without comment, and for one of which neither default nor constraint says the type."""
    root: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the betatel-exporter chart",
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^x-": {}},
        "properties": {},
    }
    particular = _particular(constraints, known)
    for value in documented_values(values):
        parent = _parent(root, value)
        node = parent["properties"][value.path[-1]] = _node(value, particular)
        if _is_required(value) and {"type": "null"} not in node.get("oneOf", []):
            parent.setdefault("required", []).append(value.path[-1])
    root["properties"]["enabled"] = {
        "type": "boolean",
        "description": "For the condition of a parent chart; not used here.",
    }
    return root


def _particular(constraints: Mapping[str, Any], known: Known) -> dict[str, Schema]:
    """Constraints by the value's name, or by ``*.`` and the last part of it."""
    shared = {setting.path for setting in known.settings}
    account = {**constraints["account"]}
    account["properties"] = account["properties"] | {
        setting.path[-1]: setting.schema
        | {"description": f"{setting.description}{_DEFAULT if setting.path in shared else ''}"}
        for setting in known.account_settings
    }
    number = {"anyOf": [{"type": "number", "minimum": 0}, constraints["fraction"]]}
    return {
        **constraints["values"],
        **{".".join(("settings", *setting.path)): setting.schema for setting in known.settings},
        "accounts": {
            "type": "object",
            "propertyNames": {"pattern": f"^{parsers.account_name.pattern}$"},
            "additionalProperties": account,
        },
        "prometheusRule.thresholds": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: number | {"default": value} for name, value in known.thresholds.items()},
        },
        "prometheusRule.disabledAlerts": {"type": "array", "items": {"enum": list(known.alerts)}},
        "prometheusRule.overrides": {
            "type": "object",
            "propertyNames": {"enum": list(known.alerts)},
            "additionalProperties": constraints["override"],
        },
    }


def _parent(root: Schema, value: Value) -> Schema:
    node = root
    for name in value.path[:-1]:
        node = node["properties"][name]
    return node


def _is_required(value: Value) -> bool:
    """Whether null, which removes a default, is refused. Helm adds the defaults before it validates."""
    if value.path[0] in NULLABLE or value.path[-1] in {"labels", "annotations"}:
        return False
    return value.section or value.default not in ("", [], {}, None)


def _node(value: Value, constraints: Mapping[str, Schema]) -> Schema:
    node: Schema = {"description": value.description}
    constraint = constraints.get(value.name, constraints.get(f"*.{value.path[-1]}", {}))
    if value.section:
        return node | {"type": "object", "additionalProperties": False, "properties": {}} | constraint
    if not {"type", "anyOf", "oneOf"} & constraint.keys():
        if type(value.default) not in PLAIN:
            raise ValueError(f"{value.name}: constraints.yml must say what is allowed")
        node["type"] = PLAIN[type(value.default)]
    return node | constraint | {"default": value.default}
