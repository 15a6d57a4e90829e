"""What a setting is called on the command line, in the environment and in the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from betatel_exporter.address import Address
from betatel_exporter.config import parsers
from betatel_exporter.config.model import GROUPS, AccountSettings, Settings
from betatel_exporter.config.parsers import Choice, Number, Parser
from betatel_exporter.files import Value

PREFIX = "BETATEL_"
_PLACEHOLDERS: Mapping[Parser, str] = {
    Value.path: "FILE",
    parsers.boolean: "BOOL",
    parsers.address: "ADDRESS",
    parsers.base_url: "URL",
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A field of the model with its names."""

    path: tuple[str, ...]
    parse: Parser
    """From a Value to the setting's value; raises DocumentError."""
    default_value: Any
    """None where there is none."""
    description: str
    group: str
    has_flag: bool

    @property
    def key(self) -> str:
        """In the YAML file; a dot stands for nesting."""
        return ".".join(self.path)

    @property
    def flag(self) -> str | None:
        name = self.key.replace("config_file", "config.file").replace("_", "-")
        return f"--{name}" if self.has_flag else None

    @property
    def variable(self) -> str:
        return PREFIX + "__".join(self.path).upper()

    @property
    def default(self) -> str:
        """As one would write it; empty where there is none."""
        value = self.default_value
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, tuple) and not isinstance(value, Address):
            return ",".join(value)
        if isinstance(value, float):
            return f"{value:g}"
        return "" if value is None or value == {} else str(value)

    @property
    def choices(self) -> Sequence[str]:
        """The allowed values, where they are few."""
        return self.parse.allowed if isinstance(self.parse, Choice) else ()

    @property
    def bounds(self) -> Mapping[str, float]:
        """Of a number, in JSON schema's words."""
        if not isinstance(self.parse, Number):
            return {}
        minimum = "exclusiveMinimum" if self.parse.exclusive else "minimum"
        return {minimum: self.parse.least, "maximum": self.parse.most}

    @property
    def placeholder(self) -> str:
        """What stands for the value in --help."""
        if self.choices:
            return f"{{{','.join(self.choices)}}}"
        return _PLACEHOLDERS.get(self.parse, "NUMBER" if self.bounds else "VALUE")


def _settings_of(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """The settings of a model, those of its sections included."""
    for name, field in model.model_fields.items():
        path = (*above, name)
        if isinstance(field.default, BaseModel):
            yield from _settings_of(type(field.default), path)
        else:
            yield Setting(
                path=path,
                default_value=None if field.default is PydanticUndefined else field.default,
                description=field.description or "",
                **cast("dict[str, Any]", field.json_schema_extra),
            )


SETTINGS = tuple(sorted(_settings_of(Settings), key=lambda setting: GROUPS.index(setting.group)))
ACCOUNT_SETTINGS = tuple(_settings_of(AccountSettings))
