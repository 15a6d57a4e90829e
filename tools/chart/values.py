"""values.yaml as its reader sees it: every key with its default and the comment above it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Value:
    path: tuple[str, ...]
    default: Any
    description: str
    section: bool
    """Whether keys of its own are documented below it."""

    @property
    def name(self) -> str:
        return ".".join(self.path)


def documented_values(text: str) -> Iterator[Value]:
    """Every key in order; raises ValueError for one without a comment."""
    yield from _walk(yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text), text.splitlines(), ())


def _walk(mapping: Any, defaults: Any, lines: list[str], above: tuple[str, ...]) -> Iterator[Value]:
    for key, node in mapping.value:
        path = (*above, key.value)
        description = _comment_above(lines, key.start_mark.line, key.start_mark.column)
        if not description:
            raise ValueError(f"{'.'.join(path)} has no comment")
        section = isinstance(node, yaml.MappingNode) and not node.flow_style
        yield Value(path, defaults[key.value], description, section)
        if section:
            yield from _walk(node, defaults[key.value], lines, path)


def _comment_above(lines: list[str], line: int, column: int) -> str:
    start = " " * column + "#"
    comment: list[str] = []
    while line > 0 and lines[line - 1].startswith(start):
        line -= 1
        comment.insert(0, lines[line].removeprefix(start).strip())
    return " ".join(comment)
