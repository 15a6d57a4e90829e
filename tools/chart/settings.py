"""The exporter's settings as the chart has them: in camelCase, as a section of values.yaml and as JSON schemas.

Names, defaults, bounds and descriptions are those of the exporter's model; nothing is repeated here.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config import ACCOUNT_SETTINGS, SETTINGS, Setting, parsers

NOT_OF_PROCESS = {
    "account_id", "account_name", "accounts", "api_key", "api_key_file", "ca_file", "config_file", "daily_budget",
    "revision", "web.config_file", "web.listen_address",
}  # fmt: skip
NOT_OF_ACCOUNT = {"name", "account_id", "api_key", "api_key_file"}
"""What the chart writes by itself, or has other values for."""
SECTIONS = {"web": "HTTP server.", "log": "Logging."}

Schema = dict[str, Any]


@dataclass(frozen=True)
class ChartSetting:
    path: tuple[str, ...]
    """As below ``settings`` or an account, such as web, maxRequests."""
    schema: Schema
    default: Any
    description: str


def process_settings(strings: Mapping[str, Schema], fraction: Schema) -> list[ChartSetting]:
    """Those of the whole exporter.

    ``strings`` has what is demanded of texts, by key; ``fraction`` what is accepted for a number besides a number.
    Raises ValueError for a setting of which neither says what is allowed.
    """
    return [_of_chart(each, strings, fraction) for each in SETTINGS if each.key not in NOT_OF_PROCESS]


def account_settings(strings: Mapping[str, Schema], fraction: Schema) -> list[ChartSetting]:
    """Those that an account can have of its own."""
    return [_of_chart(each, strings, fraction) for each in ACCOUNT_SETTINGS if each.key not in NOT_OF_ACCOUNT]


def _of_chart(setting: Setting, strings: Mapping[str, Schema], fraction: Schema) -> ChartSetting:
    path = tuple(camel_case(name) for name in setting.path)
    demanded = strings.get(setting.key) or _demanded(setting, fraction)
    return ChartSetting(path, demanded, setting.default_value, _sentence(setting.description))


def _demanded(setting: Setting, fraction: Schema) -> Schema:
    parse = setting.parse
    if setting.choices:
        return {"type": "string", "enum": list(setting.choices)}
    if isinstance(parse, parsers.Whole):
        return {"type": "integer", **setting.bounds}
    if isinstance(parse, parsers.Number):
        return {"anyOf": [{"type": "number", **setting.bounds}, fraction]}
    if parse is parsers.boolean:
        return {"type": "boolean"}
    if parse is parsers.windows:
        return {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(Window)}}
    if parse is parsers.budget:
        amount = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, fraction]}
        return {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Z]{3,5}$"},
            "additionalProperties": amount,
        }
    raise ValueError(f"{setting.key}: constraints.yml must say what is allowed")


def section(settings: Sequence[ChartSetting]) -> str:
    """The body of ``settings`` in values.yaml."""
    lines: list[str] = []
    sections: set[str] = set()
    for setting in settings:
        *above, name = setting.path
        indent = "  " * len(setting.path)
        for group in above:
            if group not in sections:
                sections.add(group)
                lines += [f"  # {SECTIONS[group]}", f"  {group}:"]
        lines += [
            f"{indent}# {setting.description}",
            f"{indent}{name}: {json.dumps(_number(setting.default))}",
        ]
    return "\n".join(lines) + "\n"


def camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _number(value: Any) -> Any:
    """10.0 as 10."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sentence(text: str) -> str:
    text = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda match: f"`{camel_case(match[0])}`", text)
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."
