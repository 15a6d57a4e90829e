"""values.yaml as its reader sees it: every key with its default and its comment."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml


class Value(NamedTuple):
    path: str
    """With dots."""
    default: Any
    description: str
    section: bool
    """Whether its keys are documented below it."""


def documented_values(text: str) -> Iterator[Value]:
    """Every key in order. A repeated key without a comment has the comment of the one before it.

    Raises ValueError for other keys without a comment.
    """
    yield from _walk(yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text), text.splitlines(), "", {})


def _walk(
    mapping: Any, defaults: Any, lines: list[str], above: str, comments: dict[str, str]
) -> Iterator[Value]:
    for key, node in mapping.value:
        path = f"{above}{key.value}"
        comment = _comment_above(lines, key.start_mark.line) or comments.get(key.value, "")
        if not comment:
            raise ValueError(f"{path} has no comment")
        comments[key.value] = comment
        section = isinstance(node, yaml.MappingNode) and not node.flow_style
        yield Value(path, defaults[key.value], comment, section)
        if section:
            yield from _walk(node, defaults[key.value], lines, f"{path}.", comments)


def _comment_above(lines: list[str], line: int) -> str:
    comment: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("# "):
        line -= 1
        comment.insert(0, lines[line].lstrip().removeprefix("# "))
    return " ".join(comment)
