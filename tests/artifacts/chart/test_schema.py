"""The schema, the documented values and the ci folder know the same values; any string that the schema allows stays one."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.chart import CASES, CHART, Chart, objections
from tools.chart.cluster.cases import LEAST
from tools.chart.cluster.words import MONITORS, WORDS, filled
from tools.chart.helm import parse
from tools.chart.values import documented_values

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = (CHART / "values.yaml").read_text(encoding="utf-8")


def test_a_value_is_documented_by_the_comment_above_it_or_above_the_last_value_of_that_name() -> None:
    values = documented_values("# one\n# more\na:\n  # two\n  b: [1]\n# three\nc:\n  b: null\n")

    assert [(value.path, value.default, value.description) for value in values if not value.section] == [
        ("a.b", [1], "two"),
        ("c.b", None, "two"),
    ]


def test_the_example_of_an_account_shows_every_value() -> None:
    example = VALUES.split("\naccounts: {}\n")[1].split("\n\n")[0]
    names = SCHEMA["properties"]["accounts"]["additionalProperties"]["properties"]

    assert [name for name in names if name not in example] == []


def test_the_values_of_the_ci_folder_use_every_value() -> None:
    used = {path for values in CASES.values() for path in _paths(values)}
    kubernetes_own = {"podSecurityContext", "securityContext", "resources"}

    assert {value.path for value in documented_values(VALUES)} - used - kubernetes_own == set()


def test_null_removes_a_default_wherever_the_schema_allows_it(chart: Chart) -> None:
    sections = ("prometheusRule", "dashboards", "grafanaDashboard", "networkPolicy", "podDisruptionBudget")
    for monitor in MONITORS:
        values = {**_nulls(SCHEMA), **LEAST}
        for name in (monitor, *sections):
            values[name]["enabled"] = True
        del values["enabled"], values["podDisruptionBudget"]["maxUnavailable"]  # have no default, are needed

        assert objections(chart.objects(values)) == []


def test_any_string_that_the_schema_allows_anywhere_stays_a_string(chart: Chart) -> None:
    found = []
    for number, word in enumerate(WORDS):
        objects = chart.objects(filled(SCHEMA, word, MONITORS[number % len(MONITORS)]))
        found += [f"{word}: {objection}" for objection in objections(objects)]

    assert found == []
    assert json.dumps(filled(SCHEMA, "a", MONITORS[0])).count('"a"') > 60


def test_rendered_objects_are_read_as_go_reads_them() -> None:
    (read,) = parse("[1e5, 007, on, y, '1e5', 1.5., abc]")

    assert [type(item) for item in read] == [float, int, bool, bool, str, str, str]


def _nulls(schema: Any) -> dict[str, Any]:
    """Null for every value that the schema does not require."""
    required = schema.get("required", [])
    return {
        name: _nulls(child) if name in required else None
        for name, child in schema["properties"].items()
        if name not in required or "properties" in child
    }


def _paths(values: Any, above: str = "") -> Iterator[str]:
    if isinstance(values, dict):
        for name, item in values.items():
            yield f"{above}{name}"
            yield from _paths(item, f"{above}{name}.")
