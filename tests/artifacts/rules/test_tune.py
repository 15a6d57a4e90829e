from dataclasses import replace

import pytest
import yaml

from tests.support.paths import ROOT
from tools.rules.tune import DOCS, RULES, TUNING, current, files, table, tuned, tuning

SHIPPED = (ROOT / RULES).read_text(encoding="utf-8")
NUMBERS = current().thresholds


def test_rules_and_docs_have_the_numbers_of_the_tuning_file() -> None:
    docs = (ROOT / DOCS).read_text(encoding="utf-8")
    assert files() == {RULES: SHIPPED, DOCS: docs}
    assert table() in docs


def test_a_changed_number_changes_where_it_is_marked_and_nothing_else() -> None:
    wanted = {**NUMBERS, "outage_failure_ratio": 0.8, "drop_min_requests": 70}
    after = tuned(SHIPPED, replace(current(), thresholds=wanted)).splitlines()
    changed = [(old, new) for old, new in zip(SHIPPED.splitlines(), after, strict=True) if old != new]
    assert len(changed) == 3
    assert all(old.replace("> 0.9 ", "> 0.8 ").replace(">= 50)", ">= 70)") == new for old, new in changed)


def test_addresses_are_put_in_front_of_runbooks_and_dashboards() -> None:
    document = yaml.safe_load((ROOT / TUNING).read_text(encoding="utf-8"))
    document["links"] = {"runbooks": "https://wiki.example/otp/", "grafana": "https://grafana.example/"}
    text = tuned(SHIPPED, tuning(yaml.safe_dump(document)))
    assert "runbook_url: https://wiki.example/otp/BetatelApiDown.md" in text
    assert "dashboard_url: https://grafana.example/d/betatel-overview?var-account={{" in text
    assert "github.com" not in text
    assert tuned(text, current()) == SHIPPED


@pytest.mark.parametrize(
    "thresholds", [{"outage_failure_ratio": 0.9}, {**NUMBERS, "outage_failure_ratoi": 1}]
)
def test_a_number_that_is_missing_or_mistyped_is_named(thresholds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=min(thresholds.keys() ^ NUMBERS.keys())):
        tuned(SHIPPED, replace(current(), thresholds=thresholds))
