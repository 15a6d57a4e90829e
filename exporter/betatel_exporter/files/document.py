"""Strict YAML: no duplicate keys, text keys only, bounded depth and number of values."""

from collections.abc import Mapping
from itertools import count
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
_STR, _SEQ, _MAP, _MERGE = f"{_TAG}str", f"{_TAG}seq", f"{_TAG}map", f"{_TAG}merge"
_SCALARS: dict[str, Kind] = {
    _STR: "text",
    f"{_TAG}int": "number",
    f"{_TAG}float": "number",
    f"{_TAG}bool": "boolean",
    f"{_TAG}timestamp": "date",
    f"{_TAG}null": "null",
}


def parse(content: bytes, source: Path) -> Value:
    """The document, null where it is empty. Raises DocumentError; `source` is the document's name there."""
    try:
        return _Document(content.decode("utf-8-sig"), source).value()
    except DocumentError:
        raise
    except UnicodeDecodeError:
        raise DocumentError(source, "not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        # only the place: the parser's own words quote the document
        mark = error.problem_mark or error.context_mark
        raise DocumentError(source, "not valid YAML", line=mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # an escape beyond Unicode, a version of thousands of digits
        raise DocumentError(source, "not valid YAML") from None


class _Document:
    def __init__(self, text: str, source: Path) -> None:
        self._text = text
        self._source = source
        self._numbers = count(1)

    def value(self) -> Value:
        self._check_depth()
        root = yaml.compose(self._text, _LOADER)
        return self._value(root, 0) if root else Value(self._source, "null", "")

    def _check_depth(self) -> None:
        """PyYAML's composers recurse without a limit, the one in C until the process dies."""
        depth = documents = 0
        for event in yaml.parse(self._text, _LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if depth > MAX_DEPTH:
                raise self._fault(event, f"more than {MAX_DEPTH} levels deep")
            if documents > 1:
                raise self._fault(event, "more than one document")

    def _fault(self, place: Any, problem: str) -> DocumentError:
        return DocumentError(self._source, problem, line=place.start_mark.line + 1)

    def _value(self, node: Any, depth: int) -> Value:
        if next(self._numbers) > MAX_VALUES:
            raise self._fault(node, f"more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:  # an anchor that contains itself
            raise self._fault(node, f"more than {MAX_DEPTH} levels deep")
        kind, content = self._content(node, depth)
        return Value(self._source, kind, content, line=node.start_mark.line + 1)

    def _content(self, node: Any, depth: int) -> tuple[Kind, Any]:
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return _SCALARS[node.tag], node.value
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
            return "list", tuple(self._value(item, depth + 1) for item in node.value)
        if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
            return "mapping", self._members(node, depth)
        raise self._fault(node, "a tag that is not supported")

    def _members(self, node: Any, depth: int) -> Mapping[str, Value]:
        members: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, member in node.value:
            value = self._value(member, depth + 1)
            if key.tag == _MERGE:
                for other in value.items() if value.kind == "list" else [value]:
                    merged = {**other.members(), **merged}  # the first of several mappings wins
            elif key.tag != _STR or not isinstance(key, yaml.ScalarNode):
                raise self._fault(key, "a key that is not text: quote it")
            elif key.value in members:
                raise self._fault(key, f"duplicate key {shown(key.value)}")
            else:
                members[key.value] = value
        return MappingProxyType(merged | members)
