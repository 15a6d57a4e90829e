"""How a setting is declared, and what it is called on the command line, in the environment and in the file."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from betatel_exporter.address import Address
from betatel_exporter.config import parsers
from betatel_exporter.config.parsers import Choice, Number, Parser, Whole

PREFIX = "BETATEL_"
_DECLARED = "declared"
_PLACEHOLDERS: Mapping[Parser, str] = {
    parsers.path: "FILE",
    parsers.boolean: "BOOL",
    parsers.address: "ADDRESS",
    parsers.base_url: "URL",
}


@dataclass(frozen=True)
class Declared:
    parse: Parser
    description: str
    group: str
    ways: frozenset[str]
    required: bool


def setting(
    default: Any,
    parse: Parser,
    description: str,
    group: str = "",
    *,
    ways: Sequence[str] = ("flag", "variable", "file"),
    secret: bool = False,
) -> Any:
    """A field of a dataclass that can be set by these ways; a secret one is not in the repr."""
    declared = Declared(parse, description, group, frozenset(ways), required=False)
    return dataclasses.field(default_factory=lambda: default, repr=not secret, metadata={_DECLARED: declared})


def required(parse: Parser, description: str, *, secret: bool = False) -> Any:
    """A field of a dataclass that the file must set."""
    declared = Declared(parse, description, "", frozenset({"file"}), required=True)
    return dataclasses.field(repr=not secret, metadata={_DECLARED: declared})


@dataclass(frozen=True)
class Setting:
    """A declared field with its names."""

    path: tuple[str, ...]
    default_value: Any
    """None where there is none."""
    declared: Declared

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
        return f"--{name}" if "flag" in self.declared.ways else None

    @property
    def variable(self) -> str | None:
        return PREFIX + "__".join(self.path).upper() if "variable" in self.declared.ways else None

    @property
    def in_file(self) -> bool:
        return "file" in self.declared.ways

    @property
    def required(self) -> bool:
        return self.declared.required

    @property
    def description(self) -> str:
        return self.declared.description

    @property
    def group(self) -> str:
        return self.declared.group

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
        parse = self.declared.parse
        return parse.allowed if isinstance(parse, Choice) else ()

    @property
    def bounds(self) -> Mapping[str, float]:
        """Of a number, in JSON schema's words."""
        parse = self.declared.parse
        if not isinstance(parse, Number | Whole):
            return {}
        exclusive = isinstance(parse, Number) and parse.exclusive
        return {"exclusiveMinimum" if exclusive else "minimum": parse.least, "maximum": parse.most}

    @property
    def placeholder(self) -> str:
        """What stands for the value in --help."""
        if self.choices:
            return f"{{{','.join(self.choices)}}}"
        return _PLACEHOLDERS.get(self.declared.parse, "NUMBER" if self.bounds else "VALUE")

    @property
    def title(self) -> str:
        """What errors call a setting that is not set."""
        ways = ", ".join(way for way in (self.flag, self.variable) if way)
        return f"{self.key} ({ways})" if ways else self.key


def declared_in(model: type, above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """The settings of a dataclass, those of its sections included."""
    for field in dataclasses.fields(model):
        path = (*above, field.name)
        factory = field.default_factory
        if _DECLARED in field.metadata:
            default = None if factory is dataclasses.MISSING else factory()
            yield Setting(path, default, field.metadata[_DECLARED])
        elif isinstance(factory, type):
            yield from declared_in(factory, path)
