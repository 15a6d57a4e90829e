"""The exporter's settings as values of the chart: in camelCase, with the defaults, bounds and descriptions of the model."""

import json
import re
from typing import Any

from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config import ACCOUNT_SETTINGS, SETTINGS, Setting, parsers

Schema = dict[str, Any]

NOT_OF_PROCESS = {
    "account_id", "account_name", "accounts", "api_key", "api_key_file", "ca_file", "config_file", "daily_budget",
    "revision", "web.config_file", "web.listen_address",
}  # fmt: skip
NOT_OF_ACCOUNT = {"name", "account_id", "api_key", "api_key_file"}
"""What the chart writes by itself, or has other values for."""
SECTIONS = {"web": "HTTP server.", "log": "Logging."}


def number(**bounds: float) -> Schema:
    """Helm's --set turns fractions such as 7.5 into strings."""
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": "^[0-9]+[.][0-9]+$"}]}


BY_PARSER: dict[Any, Schema] = {
    parsers.boolean: {"type": "boolean"},
    parsers.windows: {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(Window)}},
    parsers.budget: {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z]{3,5}$"},
        "additionalProperties": number(exclusiveMinimum=0),
    },
    parsers.base_url: {"type": "string", "pattern": "^https?://[^/?#@ ]+(/[^?# ]*)?$"},
    parsers.timezone: {"type": "string", "pattern": "^[A-Za-z0-9_+/-]+$"},
    parsers.telemetry_path: {
        "type": "string",
        "pattern": "^(/[A-Za-z0-9._~-]+)+$",
        "not": {"pattern": "^(/probe$|/-/)"},
    },
}


def process_settings() -> dict[str, Schema]:
    """Schemas by the path below ``settings``, such as web.maxRequests."""
    return _schemas([setting for setting in SETTINGS if setting.key not in NOT_OF_PROCESS])


def account_settings() -> dict[str, Schema]:
    """Schemas by the name below an account."""
    return _schemas([setting for setting in ACCOUNT_SETTINGS if setting.key not in NOT_OF_ACCOUNT])


def section() -> str:
    """The body of ``settings`` in values.yaml."""
    lines: list[str] = []
    for path, schema in process_settings().items():
        *above, name = path.split(".")
        for group in above:
            if f"  {group}:" not in lines:
                lines += [f"  # {SECTIONS[group]}", f"  {group}:"]
        indent = "  " * (len(above) + 1)
        lines += [f"{indent}# {schema['description']}", f"{indent}{name}: {json.dumps(schema['default'])}"]
    return "\n".join(lines) + "\n"


def _schemas(settings: list[Setting]) -> dict[str, Schema]:
    return {
        ".".join(_camel_case(name) for name in setting.path): {
            **_schema(setting),
            "description": _sentence(setting.description),
            "default": _shortest(setting.default_value),
        }
        for setting in settings
    }


def _schema(setting: Setting) -> Schema:
    if setting.choices:
        return {"type": "string", "enum": list(setting.choices)}
    if isinstance(setting.parse, parsers.Whole):
        return {"type": "integer", **setting.bounds}
    return number(**setting.bounds) if setting.bounds else BY_PARSER[setting.parse]


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _shortest(value: Any) -> Any:
    """10.0 as 10."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sentence(text: str) -> str:
    text = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda match: f"`{_camel_case(match[0])}`", text)
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."
