"""Every query of every panel, asked of a real Prometheus that holds a week: what holds for all of them."""

import math
import re

import pytest

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.history import ACCOUNTS, INSTANCES
from tests.artifacts.dashboards.server import Series
from tests.artifacts.dashboards.week import TARGETS, Key, Week, points

ONE_NUMBER = {("betatel-overview", "Alerts firing", "A"): "alerts are counted over the chosen accounts"}

every_query = pytest.mark.parametrize("key", TARGETS, ids=" / ".join)


@every_query
def test_the_query_has_data_and_no_nan(week: Week, key: Key) -> None:
    found = week.ask(TARGETS[key])

    assert found
    assert all(math.isfinite(value) for series in found for _, value in series.points)


@every_query
def test_three_instances_tell_what_one_of_them_tells(week: Week, key: Key) -> None:
    everyone, one = week.ask(TARGETS[key]), week.ask(TARGETS[key], instance=INSTANCES[0])

    of_one = [series for series in everyone if series.labels.get("instance", INSTANCES[0]) == INSTANCES[0]]
    assert points(of_one) == points(one)


@pytest.mark.parametrize("key", [key for key in TARGETS if key not in ONE_NUMBER], ids=" / ".join)
def test_an_account_shows_the_same_alone_and_among_others(week: Week, key: Key) -> None:
    everyone = week.ask(TARGETS[key])

    for account in ACCOUNTS:
        of_one = [series for series in everyone if series.labels.get("account", account) == account]
        assert points(of_one) == points(week.ask(TARGETS[key], account=account))


@every_query
def test_no_other_target_of_the_prometheus_is_shown(week: Week, key: Key) -> None:
    for series in week.ask(TARGETS[key]):
        assert series.labels.get("job", history.JOB) == history.JOB
        assert series.labels.get("instance") != history.STRANGER["instance"]


@pytest.mark.parametrize("key", [key for key in TARGETS if TARGETS[key].kind != "table"], ids=" / ".join)
def test_a_series_is_named_by_what_tells_it_apart(week: Week, key: Key) -> None:
    """Of two lines with one name nobody could say which is which."""
    target = TARGETS[key]

    names = [
        _name(target.legend, series)
        for series in week.ask(target, account="shop" if target.repeated else None)
    ]

    assert sorted(set(names)) == sorted(names)


def _name(legend: str, series: Series) -> str:
    for label in re.findall(r"{{(\w+)}}", legend):
        legend = legend.replace(f"{{{{{label}}}}}", series.labels.get(label, ""))
    return legend
