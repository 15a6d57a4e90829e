"""Values that cannot work are refused before anything reaches a cluster, in a sentence that names them: refusals.yml."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.support.chart import CHART, Chart
from tools.chart.cluster.cases import LEAST

CASES = yaml.safe_load(Path(__file__).with_name("refusals.yml").read_text(encoding="utf-8"))


def faults(chart: Chart, values: Any) -> list[str]:
    return [line.removeprefix("- ") for line in chart.refusal(values).splitlines() if line.startswith("- ")]


def test_the_chart_refuses_what_cannot_work_in_one_sentence(chart: Chart) -> None:
    found = {sentence: faults(chart, values) for sentence, values in CASES["by the chart"].items()}

    assert {key: lines for key, lines in found.items() if len(lines) != 1 or key not in lines[0]} == {}


def test_all_faults_are_reported_at_once(chart: Chart) -> None:
    lines = faults(chart, {"accounts": {}, "webConfig": {"tls": True}, "service": {"nodePort": 31742}})

    assert [line.split(":")[0] for line in lines] == ["accounts", "webConfig.tls", "service.nodePort"]


def test_the_schema_refuses_what_cannot_work_and_names_the_place() -> None:
    schema = jsonschema.Draft7Validator(
        json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    )
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    found = {}
    for place, values in CASES["by the schema"].items():
        errors = schema.iter_errors(_merged(defaults, {**LEAST, **values}))
        found[place] = {".".join(map(str, error.path)) for error in errors}

    assert {place: places for place, places in found.items() if places != {place}} == {}


def test_helm_refuses_what_the_schema_refuses_without_showing_an_api_key(chart: Chart) -> None:
    refusal = chart.refusal({"settings": {"windows": ["last7d"]}})

    assert "windows" in refusal
    assert "last12h" in refusal
    for account in ({"accountId": 1, "apiKey": "not-a-real-key"}, {"apiKey": "not-a-real-key"}):
        refusal = chart.refusal({"accounts": {"default": account}})
        assert "accountId" in refusal
        assert "not-a-real-key" not in refusal


def _merged(base: Any, change: Any) -> Any:
    """As helm merges values: null removes a default."""
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    both = {**base, **{key: _merged(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in both.items() if value is not None or base.get(key) is None}
