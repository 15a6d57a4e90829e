"""The values of a document, each with its position; an error is one line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from betatel_exporter.files.names import did_you_mean, shown
from betatel_exporter.files.reading import UnusableError

Kind = Literal["text", "number", "boolean", "date", "null", "list", "mapping"]

_ARTICLES = {"number": "a number", "boolean": "true or false", "date": "a date", "null": "null"}
_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


class DocumentError(UnusableError, ValueError):
    """A document that cannot be used; a ValueError, as pydantic collects them.

    str() is one line: file, line, name, what is wrong, what is allowed.
    """

    def __init__(self, source: Path | None, problem: str, *, line: int = 0, name: str = "") -> None:
        place = f"{source}:{line}" if line else str(source or "")
        super().__init__(": ".join(filter(None, (place, name, problem))))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a document. No error repeats a value, because a misplaced one may be a secret."""

    source: Path | None
    """None for a value that comes from no file, such as a flag's."""
    kind: Kind
    content: "str | Sequence[Value] | Mapping[str, Value]" = field(repr=False)
    """The text of a scalar as it is written, the items of a list, the members of a mapping by name."""
    line: int = 0
    """From 1; 0 outside of a file."""
    name: str = ""
    """What errors call it: in a document the dotted path from the top."""

    @classmethod
    def of_text(cls, name: str, text: str) -> Self:
        """A text that comes from no file."""
        return cls(None, "text", text, name=name)

    def fault(self, problem: str) -> DocumentError:
        return DocumentError(self.source, problem, line=self.line, name=self.name)

    @property
    def empty(self) -> bool:
        """Whether the value is null or an empty text, which count as unset."""
        return self.kind == "null" or self.content == ""

    def members(self) -> Mapping[str, "Value"]:
        """The values of a mapping by name; an empty value is an empty mapping. Raises DocumentError."""
        if self.empty:
            return {}
        if not isinstance(self.content, Mapping):
            raise self.fault("must be a mapping of names to values")
        return {name: replace(value, name=self._below(shown(name))) for name, value in self.content.items()}

    def known_members(
        self, known: Collection[str], unsupported: Mapping[str, str] | None = None
    ) -> dict[str, "Value"]:
        """The members that are set. Raises DocumentError for a name that is unknown, or not supported and why."""
        reasons = unsupported or {}
        members = self.members()
        for name, member in members.items():
            if name in reasons and not member.empty:
                raise member.fault(f"not supported: {reasons[name]}")
            if name not in known and name not in reasons:
                hint = did_you_mean(name, known) or ";"
                raise member.fault(f"unknown setting{hint} allowed: {', '.join(known)}")
        return {name: member for name, member in members.items() if not member.empty}

    def absent(self, name: str) -> "Value":
        """A member that is not set, for errors about it."""
        return replace(self, kind="null", content="", name=self._below(name))

    def items(self) -> Sequence["Value"]:
        """The values of a list; raises DocumentError."""
        if not isinstance(self.content, tuple):
            raise self.fault("must be a list")
        return [replace(item, name=f"{self.name}[{index}]") for index, item in enumerate(self.content)]

    def scalar(self) -> str:
        """A text, number, boolean or date as it is written; raises DocumentError."""
        if not isinstance(self.content, str):
            raise self.fault(f"must be one value, not a {self.kind}")
        return self.content

    def text(self) -> str:
        """Raises DocumentError, also for what YAML reads as a number: 007 and 1e5 would change."""
        text = self.scalar()
        if self.kind != "text":
            raise self.fault(f"must be text, not {_ARTICLES[self.kind]}: quote it")
        return text

    def flag(self) -> bool:
        """Raises DocumentError."""
        text = self.scalar().lower()
        if text not in _TRUE | _FALSE:
            raise self.fault("must be true or false")
        return text in _TRUE

    def choice(self, allowed: Collection[str]) -> str:
        """One of the allowed texts; raises DocumentError."""
        text = self.scalar()
        if text not in allowed:
            raise self.fault(f"must be one of {', '.join(allowed)}{did_you_mean(text, allowed)}")
        return text

    def path(self) -> Path:
        """A path; a relative one starts at the folder of the document. Raises DocumentError."""
        text = self.text()
        if not text.isprintable():
            raise self.fault("must be the path of a file, not its contents")
        return self.source.parent / text if self.source else Path(text)

    def _below(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name
