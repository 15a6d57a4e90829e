"""Strict YAML: no duplicate keys, text keys only, bounded depth and number of values.

The document is built from the parser's events, in time that its size bounds. PyYAML's own composers recurse without a
limit, the one in C until the process dies, and anchors that refer to each other stand for more values than any memory holds.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from betatel_exporter.files.names import shown
from betatel_exporter.files.values import DocumentError, Kind, Value

MAX_DEPTH = 32
MAX_VALUES = 20_000
"""Values of a document; those behind an anchor count as often as they are used."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_KINDS: dict[str, Kind] = {
    f"{_TAG}str": "text",
    f"{_TAG}int": "number",
    f"{_TAG}float": "number",
    f"{_TAG}bool": "boolean",
    f"{_TAG}timestamp": "date",
    f"{_TAG}null": "null",
}
_MERGE = f"{_TAG}merge"
_COLLECTIONS = {None, "!", f"{_TAG}seq", f"{_TAG}map"}


def parse(content: bytes, source: Path) -> Value:
    """The document, null where it is empty. Raises DocumentError; `source` is the document's name there."""
    try:
        loader = _LOADER(content.decode("utf-8-sig"))
        try:
            return _Builder(loader, source).document()
        finally:
            loader.dispose()
    except DocumentError:
        raise
    except UnicodeDecodeError:
        raise DocumentError(source, "not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        # only the place: the parser's own words quote the document
        mark = error.problem_mark or error.context_mark
        raise DocumentError(source, "not valid YAML", line=mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # an escape beyond Unicode, a version of thousands of digits
        raise DocumentError(source, "not valid YAML") from None


class _Builder:
    def __init__(self, loader: Any, source: Path) -> None:
        self._loader = loader
        self._source = source
        self._count = 0
        self._anchors: dict[str, tuple[Value, int]] = {}

    def document(self) -> Value:
        self._next()  # the start of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Value(self._source, "null", "")
        value = self._value(self._next(), 0)
        self._next()  # the end of the document
        if not isinstance(event := self._next(), yaml.StreamEndEvent):
            raise self._fault(event, "more than one document")
        return value

    def _next(self) -> Any:
        return self._loader.get_event()

    def _fault(self, event: Any, problem: str) -> DocumentError:
        return DocumentError(self._source, problem, line=event.start_mark.line + 1)

    def _value(self, event: Any, depth: int) -> Value:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._fault(event, "alias of an anchor that is not complete above it")
            value, size = self._anchors[event.anchor]
            self._add(event, size)
            return value
        if depth > MAX_DEPTH:
            raise self._fault(event, f"more than {MAX_DEPTH} levels deep")
        before = self._count
        self._add(event, 1)
        value = self._anchored(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = value, self._count - before
        return value

    def _add(self, event: Any, size: int) -> None:
        self._count += size
        if self._count > MAX_VALUES:
            raise self._fault(event, f"more than {MAX_VALUES} values")

    def _anchored(self, event: Any, depth: int) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            kind = _KINDS.get(self._tag(event))
            if kind is None:
                raise self._fault(event, "a tag that is not supported")
            return self._made(event, kind, event.value)
        if event.tag not in _COLLECTIONS:
            raise self._fault(event, "a tag that is not supported")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._made(event, "list", tuple(self._items(depth)))
        return self._made(event, "mapping", self._members(depth))

    def _made(self, event: Any, kind: Kind, content: Any) -> Value:
        mark = event.start_mark
        return Value(self._source, kind, content, line=mark.line + 1, column=mark.column + 1)

    def _tag(self, event: Any) -> str:
        if event.tag not in {None, "!"}:
            return str(event.tag)
        return str(self._loader.resolve(yaml.ScalarNode, event.value, event.implicit))

    def _items(self, depth: int) -> Iterator[Value]:
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _members(self, depth: int) -> Mapping[str, Value]:
        members: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent) and self._tag(event) == _MERGE:
                merged |= self._merged(event, self._value(self._next(), depth + 1))
                continue
            key = self._value(event, depth + 1)
            if key.kind != "text" or not isinstance(key.content, str):
                raise self._fault(event, "a key that is not text: quote it")
            if key.content in members:
                raise self._fault(event, f"duplicate key {shown(key.content)}")
            members[key.content] = self._value(self._next(), depth + 1)
        return MappingProxyType(merged | members)

    def _merged(self, event: Any, value: Value) -> Mapping[str, Value]:
        """What `<<` takes over from other mappings, the first of which wins."""
        members: dict[str, Value] = {}
        for other in value.content if value.kind == "list" else [value]:
            if not isinstance(other, Value) or not isinstance(other.content, Mapping):
                raise self._fault(event, "<< must be followed by a mapping or a list of mappings")
            members = dict(other.content) | members
        return members
