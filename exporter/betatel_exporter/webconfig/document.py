"""A YAML document, read strictly: every fault is one line that says where it is and what is allowed.

Values are never shown, because a misplaced one may be a secret; names are, if they look like names.
"""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})


class WebConfigError(Exception):
    """The file cannot be used. str() is one line: file, line, setting, what is wrong, what is allowed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of the document; it knows where it stands."""

    source: Path
    name: str
    node: yaml.Node

    def fault(self, what: str) -> WebConfigError:
        line = self.node.start_mark.line + 1
        return WebConfigError(f"{self.source}:{line}: {f'{self.name}: ' if self.name else ''}{what}")

    @property
    def empty(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and (
            not self.node.value or self.node.tag == "tag:yaml.org,2002:null"
        )

    def members(self) -> dict[str, "Setting"]:
        """The values of a mapping by name; an empty setting is an empty mapping."""
        if self.empty:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fault("must be a mapping of names to values")
        members: dict[str, Setting] = {}
        for key, value in self.node.value:
            name = Setting(self.source, self.name, key).text()
            member = Setting(self.source, ".".join(filter(None, (self.name, _shown(name)))), value)
            if name in members:
                raise Setting(self.source, member.name, key).fault("is there twice; keep one")
            members[name] = member
        return members

    def settings(self, known: Collection[str], unsupported: Mapping[str, str]) -> dict[str, "Setting"]:
        """The members that have a value; names that are unknown or not supported are faults."""
        members = self.members()
        for name, member in members.items():
            if name in unsupported and not member.empty:
                raise member.fault(f"is not supported: {unsupported[name]}")
            if name not in known and name not in unsupported:
                raise member.fault(f"is no known setting; {_allowed(name, known)}")
        return {name: member for name, member in members.items() if not member.empty}

    def scalar(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fault("must be one value")
        return str(self.node.value)

    def text(self) -> str:
        text = self.scalar()
        if self.node.tag != "tag:yaml.org,2002:str":
            raise self.fault("must be text; put it in quotes")
        return text

    def texts(self) -> list["Setting"]:
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.fault("must be a list of at least one text")
        return [Setting(self.source, self.name, item) for item in self.node.value]

    def flag(self) -> bool:
        text = self.scalar().lower()
        if text not in _TRUE | _FALSE:
            raise self.fault("must be true or false")
        return text in _TRUE

    def choice(self, allowed: Collection[str]) -> str:
        text = self.scalar()
        if text not in allowed:
            raise self.fault(f"is not one of the allowed values; {_allowed(text, allowed)}")
        return text

    def path(self) -> Path:
        """A path; a relative one starts at the folder of the document."""
        text = self.text()
        if not text.isprintable():
            raise self.fault("must be the path of a file, not its contents")
        return self.source.parent / text


def parse(contents: bytes, source: Path) -> Setting | None:
    """The document as one setting without a name, None where there is none. Raises WebConfigError."""
    try:
        node = yaml.compose(contents.decode(), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise WebConfigError(f"{source}: is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        # Only the place: the parser's own words quote the document, and that may be a hash.
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}: column {mark.column + 1}" if mark else ""
        raise WebConfigError(f"{source}{place}: is not valid YAML") from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        # An escape beyond Unicode, a version of thousands of digits, thousands of nested brackets.
        raise WebConfigError(f"{source}: is not valid YAML") from None
    return None if node is None else Setting(source, "", node)


def _allowed(name: str, allowed: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name[:64], allowed, n=1)
    return f"{f'did you mean {nearest[0]}? ' if nearest else ''}allowed: {', '.join(allowed)}"


def _shown(name: str) -> str:
    return name if re.fullmatch(r"[\w.@-]{1,48}", name) else "(a name)"
