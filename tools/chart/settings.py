"""The exporter's settings as the chart has them: in camelCase, as a section of values.yaml and as JSON schemas.

Names, defaults, bounds and descriptions are those of the exporter's model; nothing is repeated here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from betatel_exporter.config import Settings

NOT_OF_PROCESS = {
    "account_id", "account_name", "accounts", "api_key", "api_key_file", "ca_file", "config_file", "daily_budget",
    "revision", "web.config_file", "web.listen_address",
}  # fmt: skip
NOT_OF_ACCOUNT = {"name", "account_id", "api_key", "api_key_file"}
"""What the chart writes by itself, or has other values for."""
SECTIONS = {"web": "HTTP server.", "log": "Logging."}

Schema = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    key: str
    """As in the exporter's file, such as web.max_requests."""
    schema: Schema
    default: Any
    description: str

    @property
    def path(self) -> tuple[str, ...]:
        """As below ``settings`` in the values, such as web, maxRequests."""
        return tuple(camel_case(name) for name in self.key.split("."))


@dataclass(frozen=True)
class Reader:
    """The model's JSON schema as settings."""

    document: Schema
    strings: Mapping[str, Schema]
    """What is demanded of strings, by key."""
    fraction: Schema
    """What is accepted for a number besides a number."""

    def settings(
        self, properties: Mapping[str, Schema], omitted: AbstractSet[str], above: str = ""
    ) -> Iterator[Setting]:
        for name, node in properties.items():
            key = f"{above}{name}"
            found = self._resolved(node)
            if "properties" in found:
                yield from self.settings(found["properties"], omitted, f"{key}.")
            elif key not in omitted:
                demanded = self.strings.get(key) or self._demanded(found)
                yield Setting(key, demanded, node.get("default"), _sentence(node["description"]))

    def _resolved(self, node: Schema) -> Schema:
        """The node behind references and without null, which marks an unset value."""
        match node:
            case {"$ref": str(reference)}:
                return self._resolved(self.document["$defs"][reference.rpartition("/")[2]])
            case {"anyOf": [inner, {"type": "null"}]}:
                return self._resolved(inner)
        return node

    def _demanded(self, node: Schema) -> Schema:
        kept = {key: node[key] for key in COPIED if key in node}
        match node.get("type"):
            case "number":
                return {"anyOf": [kept, self.fraction]}
            case "array":
                items = self._demanded(self._resolved(node["items"]))
                return kept | {"minItems": 1, "uniqueItems": True, "items": items}
            case "object":
                values = self._demanded(self._resolved(node["additionalProperties"]))
                return kept | {"propertyNames": {"pattern": CURRENCY}, "additionalProperties": values}
        return kept


COPIED = ("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
CURRENCY = "^[A-Z]{3,5}$"


def process_settings(strings: Mapping[str, Schema], fraction: Schema) -> list[Setting]:
    """Those of the whole exporter."""
    document = Settings.model_json_schema()
    return list(Reader(document, strings, fraction).settings(document["properties"], NOT_OF_PROCESS))


def account_settings(strings: Mapping[str, Schema], fraction: Schema) -> list[Setting]:
    """Those that an account can have of its own."""
    document = Settings.model_json_schema()
    properties = document["$defs"]["AccountSettings"]["properties"]
    return list(Reader(document, strings, fraction).settings(properties, NOT_OF_ACCOUNT))


def section(settings: Sequence[Setting]) -> str:
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
