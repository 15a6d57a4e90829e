"""The schema, the documented values and the code know the same values; any name that the schema allows keeps its type."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from betatel_exporter.api.vocabulary import Window
from tests.support.chart import CASES, CHART, Helm, objections
from tools.chart.build import files
from tools.chart.cluster.cases import LEAST
from tools.chart.cluster.words import MONITORS, WORDS, filled, leaves
from tools.chart.objects import parse
from tools.chart.schema import Known, schema
from tools.chart.values import documented_values
from tools.paths import ROOT

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = (CHART / "values.yaml").read_text(encoding="utf-8")


def test_generated_files_are_up_to_date() -> None:
    for path, text in files().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path} is stale: make generate"


def test_every_value_has_a_description_and_every_level_says_whether_it_is_open() -> None:
    undescribed = [path for path, node in _properties(SCHEMA) if not node.get("description")]
    open_nodes = [
        path for path, node in _nodes(SCHEMA) if "properties" in node and "additionalProperties" not in node
    ]

    assert undescribed == []
    assert open_nodes == []


def test_windows_are_those_of_the_code() -> None:
    windows = SCHEMA["properties"]["settings"]["properties"]["windows"]

    assert windows["items"]["enum"] == list(Window)


def test_a_value_without_a_comment_or_without_a_type_is_an_error() -> None:
    known = Known([], [], {}, [])
    constraints = {
        "values": {},
        "account": {"properties": {}},
        "accountName": "",
        "override": {},
        "fraction": {},
    }

    with pytest.raises(ValueError, match=r"a\.c has no comment"):
        list(documented_values("# one\na:\n  # two\n  b: 1\n\n  c: 2\n"))
    with pytest.raises(ValueError, match=r"a\.b: constraints\.yml must say"):
        schema("# one\na:\n  # two\n  b: []\n", constraints, known)


def test_a_value_is_documented_by_all_the_lines_above_it() -> None:
    values = documented_values("# one\n# more\na:\n  # two\n  b: [1]\n  # three\n  c: null\n")

    assert [(value.name, value.default, value.description) for value in values if not value.section] == [
        ("a.b", [1], "two"),
        ("a.c", None, "three"),
    ]


def test_the_values_of_the_ci_folder_use_every_value_there_is() -> None:
    used = {path for values in CASES.values() for path in _keys(values)}
    kubernetes_own = ("podSecurityContext", "securityContext", "resources")

    assert [
        value.name
        for value in documented_values(VALUES)
        if value.name not in used and not value.name.startswith(kubernetes_own)
    ] == []


def test_null_removes_a_default_wherever_the_schema_allows_it(helm: Helm) -> None:
    sections = ("prometheusRule", "dashboards", "grafanaDashboard", "networkPolicy", "podDisruptionBudget")
    for monitor in MONITORS:
        values: dict[str, Any] = {**LEAST, **{name: {"enabled": True} for name in (monitor, *sections)}}
        for value in documented_values(VALUES):
            *above, name = value.path
            node = functools.reduce(lambda node, key: node["properties"][key], above, SCHEMA)
            optional = not value.section and name not in node.get("required", [])
            if optional and value.path[0] not in LEAST and value.name != "podDisruptionBudget.maxUnavailable":
                functools.reduce(lambda section, key: section.setdefault(key, {}), above, values)[name] = None

        assert objections(helm.objects(values)) == []


@pytest.mark.parametrize("monitor", MONITORS)
def test_any_word_that_the_schema_allows_anywhere_keeps_its_type(helm: Helm, monitor: str) -> None:
    found = []
    used = set[str]()
    for word in WORDS[MONITORS.index(monitor) :: len(MONITORS)]:
        values = filled(SCHEMA, word, monitor)
        used |= {path for path, leaf in leaves(values) if leaf == word}
        objects = helm.objects(values, "--kube-version=1.31")
        found += [f"{word}: {objection}" for objection in objections(objects)]

    assert found == []
    assert len(used) > 60


def test_the_reader_of_the_tests_sees_what_go_reads_as_a_number_or_boolean() -> None:
    (read,) = parse("[1e5, 007, on, y, '1e5', 1.5., abc]")

    assert [type(item) for item in read] == [float, int, bool, bool, str, str, str]


def _keys(values: Any, above: str = "") -> Iterator[str]:
    if isinstance(values, dict):
        for name, item in values.items():
            yield f"{above}{name}"
            yield from _keys(item, f"{above}{name}.")


def _properties(node: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that can be set by its name, down to what Kubernetes or the rules define."""
    for name, child in node.get("properties", {}).items():
        yield f"{above}{name}", child
        if child.get("type") == "object" and "default" not in child:
            yield from _properties(child, f"{above}{name}.")


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield path, node
        for key, item in node.items():
            yield from _nodes(item, f"{path}/{key}")
    elif isinstance(node, list):
        for item in node:
            yield from _nodes(item, path)
