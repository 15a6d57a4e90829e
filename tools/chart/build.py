"""The generated files of the chart: ``settings`` in values.yaml, values.schema.json, and the table of values in its README.

The schema is made of the comments and defaults of values.yaml, of constraints.yml, and of the exporter's settings and the
alerts.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from betatel_exporter.config import parsers
from tools.chart.settings import Schema, account_settings, number, process_settings, section
from tools.chart.values import Value, documented_values
from tools.markdown import filled, table
from tools.paths import ROOT
from tools.rules.tune import RULES, current

CHART = "helm/betatel-exporter"
SETTINGS = re.compile(r"(?<=^settings:\n).*?(?=^\n)", re.MULTILINE | re.DOTALL)
TYPES: Mapping[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    dict: {"type": "object"},
    list: {"type": "array", "items": {"type": "object"}},
}
"""By the type of the default."""
NULLABLE = {"livenessProbe", "readinessProbe", "podSecurityContext", "securityContext", "resources"}


def files() -> dict[str, str]:
    values = SETTINGS.sub(lambda _: section(), _text(ROOT / CHART / "values.yaml"), count=1)
    document = schema(values)
    defaults = {value.path: value.default for value in documented_values(values) if not value.section}
    rows = table(("value", "default", "meaning"), _rows(document, "", defaults))
    return {
        f"{CHART}/values.yaml": values,
        f"{CHART}/values.schema.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        f"{CHART}/README.md": filled(f"{CHART}/README.md", rows),
    }


def schema(values: str) -> Schema:
    constraints = yaml.safe_load(_text(Path(__file__).with_name("constraints.yml")))
    particular = constraints["values"] | _from_the_code(constraints)
    root: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the betatel-exporter chart",
        "type": "object",
        "patternProperties": {"^x-": {}},
        "properties": {},
    }
    sections = {"": root}
    for value in documented_values(values):
        above, _, name = value.path.rpartition(".")
        constraint = particular.get(value.path, particular.get(f"*.{name}", {}))
        node = sections[above]["properties"][name] = _node(value, constraint)
        if value.section:
            sections[value.path] = node
        if _is_required(value) and {"type": "null"} not in node.get("oneOf", []):
            sections[above].setdefault("required", []).append(name)
    root["properties"]["enabled"] = {
        "type": "boolean",
        "description": "For the condition of a parent chart; not used here.",
    }
    closed: Schema = _closed(root)
    return closed


def _from_the_code(constraints: Mapping[str, Any]) -> dict[str, Schema]:
    """Schemas by the path of the value."""
    shared = process_settings()
    account = constraints["account"]
    for name, setting in account_settings().items():
        own = {key: part for key, part in setting.items() if key != "default"}
        if name in shared:
            own["description"] += " Default: the one in `settings`."
        account["properties"][name] = own
    rules = yaml.load(_text(ROOT / RULES), yaml.CSafeLoader)
    alerts = sorted(
        {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    )
    thresholds = current().thresholds
    return {
        **{f"settings.{path}": setting for path, setting in shared.items()},
        "accounts": {
            "type": "object",
            "propertyNames": {"pattern": f"^{parsers.account_name.pattern}$"},
            "additionalProperties": account,
        },
        "prometheusRule.thresholds": {
            "type": "object",
            "properties": {name: number(minimum=0) | {"default": thresholds[name]} for name in thresholds},
        },
        "prometheusRule.disabledAlerts": {"type": "array", "items": {"enum": alerts}},
        "prometheusRule.overrides": {
            "type": "object",
            "propertyNames": {"enum": alerts},
            "additionalProperties": constraints["override"],
        },
    }


def _node(value: Value, constraint: Schema) -> Schema:
    """The constraint says the type, or the default does."""
    node: Schema = {"description": value.description}
    if not {"type", "anyOf", "oneOf"} & constraint.keys():
        node |= TYPES[type(value.default)]
    if value.section:
        node["properties"] = {}
    return node | constraint


def _is_required(value: Value) -> bool:
    """Whether null, which removes a default, is refused. Helm adds the defaults before it validates."""
    top, _, last = value.path.partition(".")
    if top in NULLABLE or last in {"labels", "annotations"}:
        return False
    return value.section or value.default not in ("", [], {}, None)


def _closed(node: Any) -> Any:
    """Unknown keys are refused wherever keys are listed, unless the constraint says otherwise."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {"additionalProperties": False} if isinstance(node.get("properties"), dict) else {}
    return closed | {key: _closed(child) for key, child in node.items()}


def _rows(node: Schema, above: str, defaults: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    """A row for each described value; NAME stands for keys that users choose."""
    for name, child in node.get("properties", {}).items():
        path = f"{above}{name}"
        if "description" in child:
            default = defaults.get(path, child.get("default"))
            yield f"`{path}`", "" if default is None else f"`{json.dumps(default)}`", child["description"]
        yield from _rows(child, f"{path}.", defaults)
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        yield from _rows(others, f"{above}NAME.", defaults)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
