"""What a setting is called on the command line, in the environment and in the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, PlainValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from betatel_exporter.address import Address
from betatel_exporter.config import parsers
from betatel_exporter.config.parsers import Choice, Number, Parser, Whole

PREFIX = "BETATEL_"
_PLACEHOLDERS: Mapping[Parser, str] = {
    parsers.path: "FILE",
    parsers.boolean: "BOOL",
    parsers.address: "ADDRESS",
    parsers.base_url: "URL",
}


@dataclass(frozen=True)
class Setting:
    """A field of the model with its names."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def parse(self) -> Parser:
        """From a Value to the setting's value; raises DocumentError."""
        (validator,) = (each for each in self.field.metadata if isinstance(each, PlainValidator))
        return cast("Parser", validator.func)

    @property
    def default_value(self) -> Any:
        """None where there is none."""
        default = self.field.default
        return None if default is PydanticUndefined else default

    @property
    def _extra(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.field.json_schema_extra)

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def section(self) -> str:
        """Empty at the top."""
        return ".".join(self.path[:-1])

    @property
    def key(self) -> str:
        """In the YAML file; a dot stands for nesting."""
        return ".".join(self.path)

    @property
    def flag(self) -> str | None:
        name = self.key.replace("config_file", "config.file").replace("_", "-")
        return f"--{name}" if "flag" in self._extra["ways"] else None

    @property
    def variable(self) -> str | None:
        return PREFIX + "__".join(self.path).upper() if "variable" in self._extra["ways"] else None

    @property
    def in_file(self) -> bool:
        return "file" in self._extra["ways"]

    @property
    def required(self) -> bool:
        return self.field.is_required()

    @property
    def description(self) -> str:
        return self.field.description or ""

    @property
    def group(self) -> str:
        return str(self._extra["group"])

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
        parse = self.parse
        return parse.allowed if isinstance(parse, Choice) else ()

    @property
    def bounds(self) -> Mapping[str, float]:
        """Of a number, in JSON schema's words."""
        parse = self.parse
        if not isinstance(parse, Number | Whole):
            return {}
        exclusive = isinstance(parse, Number) and parse.exclusive
        return {"exclusiveMinimum" if exclusive else "minimum": parse.least, "maximum": parse.most}

    @property
    def placeholder(self) -> str:
        """What stands for the value in --help."""
        if self.choices:
            return f"{{{','.join(self.choices)}}}"
        return _PLACEHOLDERS.get(self.parse, "NUMBER" if self.bounds else "VALUE")

    @property
    def title(self) -> str:
        """What errors call a setting that is not set."""
        ways = ", ".join(way for way in (self.flag, self.variable) if way)
        return f"{self.key} ({ways})" if ways else self.key


def settings_of(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """The settings of a model, those of its sections included."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from settings_of(type(field.default), (*above, name))
        else:
            yield Setting((*above, name), field)
