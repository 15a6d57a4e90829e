"""The chart's README, generated from the comments of values.yaml.

``python -m tools.chart.build`` writes them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = "helm/betatel-exporter"
MARKER = "<!-- values -->\n"


@dataclass(frozen=True)
class Value:
    """A key of values.yaml with its default, empty for a section, and the comment above it."""

    path: tuple[str, ...]
    default: str
    description: str


def files() -> dict[str, str]:
    template = Path(__file__).with_name("readme.template.md").read_text(encoding="utf-8")
    values = (ROOT / CHART / "values.yaml").read_text(encoding="utf-8")
    return {f"{CHART}/README.md": readme(template, values)}


def readme(template: str, values: str) -> str:
    rows = "".join(_row(value) for value in documented_values(values))
    return template.replace(MARKER, f"| value | default | meaning |\n|---|---|---|\n{rows}")


def documented_values(text: str) -> Iterator[Value]:
    """Every key in order; raises ValueError for one without a comment."""
    yield from _walk(yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text), text.splitlines(), ())


def _walk(mapping: Any, defaults: Any, lines: list[str], above: tuple[str, ...]) -> Iterator[Value]:
    for key, node in mapping.value:
        path = (*above, key.value)
        default = defaults[key.value]
        description = _comment_above(lines, key.start_mark.line, key.start_mark.column)
        if not description:
            raise ValueError(f"{'.'.join(path)} has no comment")
        if isinstance(node, yaml.MappingNode) and not node.flow_style:
            yield Value(path, "", description)
            yield from _walk(node, default, lines, path)
        else:
            yield Value(path, f"`{json.dumps(default)}`", description)


def _comment_above(lines: list[str], line: int, column: int) -> str:
    start = " " * column + "#"
    comment: list[str] = []
    while line > 0 and lines[line - 1].startswith(start):
        line -= 1
        comment.insert(0, lines[line].removeprefix(start).strip())
    return " ".join(comment)


def _row(value: Value) -> str:
    description = value.description.replace("|", "\\|")
    return f"| `{'.'.join(value.path)}` | {value.default} | {description} |\n"


def main() -> None:
    for path, text in files().items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
