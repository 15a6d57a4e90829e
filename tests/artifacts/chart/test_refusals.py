"""Values that cannot work are refused before anything reaches a cluster, in a sentence that names them: refusals.yml."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.support.chart import CHART, Helm
from tools.chart.cluster.cases import LEAST

SCHEMA = jsonschema.Draft7Validator(json.loads((CHART / "values.schema.json").read_text(encoding="utf-8")))
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
CASES = yaml.safe_load(Path(__file__).with_name("refusals.yml").read_text(encoding="utf-8"))


def test_the_chart_refuses_what_cannot_work_in_one_sentence(helm: Helm) -> None:
    unexpected = {}
    for sentence, values in CASES["by the chart"].items():
        faults = helm.faults(values)
        if len(faults) != 1 or sentence not in faults[0]:
            unexpected[sentence] = faults

    assert unexpected == {}


def test_all_faults_are_reported_at_once(helm: Helm) -> None:
    faults = helm.faults({"accounts": {}, "webConfig": {"tls": True}, "service": {"nodePort": 31742}})

    assert [fault.split(":")[0] for fault in faults] == ["accounts", "webConfig.tls", "service.nodePort"]


def test_the_schema_refuses_what_cannot_work_and_names_the_place() -> None:
    unexpected = {}
    for place, values in CASES["by the schema"].items():
        errors = SCHEMA.iter_errors(_merged(DEFAULTS, {**LEAST, **values}))
        found = {".".join(map(str, error.path)) for error in errors}
        if found != {place}:
            unexpected[place] = found

    assert unexpected == {}


def test_helm_refuses_what_the_schema_refuses(helm: Helm) -> None:
    refused = helm.template({"settings": {"windows": ["last7d"]}})

    assert refused.returncode != 0
    assert "windows" in refused.stderr
    assert "last12h" in refused.stderr


def test_an_api_key_is_in_no_message(helm: Helm) -> None:
    for account in ({"accountId": 1, "apiKey": "not-a-real-key"}, {"apiKey": "not-a-real-key"}):
        refused = helm.template({"accounts": {"default": account}})

        assert refused.returncode != 0
        assert "not-a-real-key" not in refused.stderr


def test_values_that_work_are_not_refused(helm: Helm) -> None:
    done = {name: helm.template(values) for name, values in CASES["accepted"].items()}

    assert {name: each.stderr for name, each in done.items() if each.returncode} == {}


def _merged(base: Any, change: Any) -> Any:
    """As helm merges values: null removes a default."""
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    both = {**base, **{key: _merged(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in both.items() if value is not None or base.get(key) is None}
