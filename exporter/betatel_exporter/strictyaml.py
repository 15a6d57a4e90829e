"""YAML files as people write them by hand: one mapping, no key twice, every fault one line without the file's content."""

from pathlib import Path
from typing import Any

import yaml

MAX_SIZE = 1024 * 1024
"""Bytes of a file that are read at most."""

MAX_VALUES = 100_000
"""Values in a file, those behind anchors as often as they are used."""

BROKEN = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
"""What PyYAML raises beside its own errors, over numbers, times and tags that are none."""


class YamlError(Exception):
    """A file that cannot be read as one YAML mapping; the text is one line and quotes nothing of it but key names."""


class _Loader(yaml.SafeLoader):
    pass


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise YamlError(f"line {key_node.start_mark.line + 1}: a key that is no text")
        if key in seen:
            raise YamlError(f"line {key_node.start_mark.line + 1}: {key} stands twice")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file; an empty file is an empty mapping. Raises YamlError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise YamlError(f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_SIZE:
        raise YamlError(f"is larger than {MAX_SIZE} bytes")
    try:
        document = yaml.load(content, _Loader)  # noqa: S506  a SafeLoader that also refuses keys given twice
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise YamlError(f"is not valid YAML{where}") from None
    except (yaml.YAMLError, *BROKEN):
        raise YamlError("is not valid YAML") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise YamlError("must be a mapping of settings")
    _bound(document)
    return document


def _bound(document: dict[str, Any]) -> None:
    """A few anchors, each used often by the next, stand for more values than any memory holds."""
    waiting: list[Any] = [document]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        waiting.extend(
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        )
    raise YamlError(f"has more than {MAX_VALUES} values")
