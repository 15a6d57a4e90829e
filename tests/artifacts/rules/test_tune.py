from dataclasses import replace

import pytest
import yaml

from tools.rules.tune import DOCS, ROOT, RULES, TUNING, current, files, numbers, table, tuned, tuning

SHIPPED = (ROOT / RULES).read_text(encoding="utf-8")


def test_rules_and_docs_have_the_numbers_of_the_tuning_file() -> None:
    docs = (ROOT / DOCS).read_text(encoding="utf-8")
    assert files() == {RULES: SHIPPED, DOCS: docs}
    assert table(numbers()) in docs


def test_every_number_is_known_by_one_list() -> None:
    assert {number.name: number.value for number in numbers()} == current().thresholds


def test_a_changed_number_changes_where_it_is_marked_and_nothing_else() -> None:
    wanted = replace(current(), thresholds={**current().thresholds, "outage_failure_ratio": 0.8})
    before, after = SHIPPED.splitlines(), tuned(SHIPPED, wanted).splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 2
    for old, new in changed:
        assert old.replace("> 0.9 ", "> 0.8 ") == new


def test_a_number_inside_parentheses_keeps_them() -> None:
    wanted = replace(current(), thresholds={**current().thresholds, "drop_min_requests": 70})
    assert ">= 70)  # tune: drop_min_requests" in tuned(SHIPPED, wanted)


def test_addresses_are_put_in_front_of_runbooks_and_dashboards() -> None:
    text = tuned(
        SHIPPED, replace(current(), runbooks="https://wiki.example/otp", grafana="https://grafana.example")
    )
    assert "runbook_url: https://wiki.example/otp/BetatelApiDown.md" in text
    assert (
        "dashboard_url: https://grafana.example/d/betatel-overview?var-account={{ $labels.account }}" in text
    )
    assert "github.com" not in text
    assert tuned(text, current()) == SHIPPED


def test_addresses_may_end_in_a_slash() -> None:
    document = yaml.safe_load((ROOT / TUNING).read_text(encoding="utf-8"))
    document["links"] = {"runbooks": "https://wiki.example/", "grafana": "https://grafana.example/"}
    changed = tuning(yaml.safe_dump(document))
    assert (changed.runbooks, changed.grafana) == ("https://wiki.example", "https://grafana.example")


@pytest.mark.parametrize(
    "thresholds", [{"outage_failure_ratio": 0.9}, {**current().thresholds, "outage_failure_ratoi": 0.8}]
)
def test_a_number_that_is_missing_or_mistyped_is_named(thresholds: dict[str, float]) -> None:
    odd = min(thresholds.keys() ^ current().thresholds.keys())
    with pytest.raises(ValueError, match=odd):
        tuned(SHIPPED, replace(current(), thresholds=thresholds))
