"""What the panels show of the invented week."""

import math

import pytest

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.history import END, INSTANCES, MINUTE
from tests.artifacts.dashboards.week import TARGETS, Week


def test_the_tiles_of_the_overview_tell_the_numbers_of_each_account(week: Week) -> None:
    assert week.shown("betatel-overview", "API") == {"shop": 1, "bank": 1, "quiet": 1}
    assert week.shown("betatel-overview", "Failure ratio, $window") == {"shop": 0.2, "bank": 0.2}
    undelivered = round((60 + 30) / (60 + 420 + 60 + 30), 6)
    assert week.shown("betatel-overview", "Undelivered, 1 h")["shop"] == undelivered
    assert week.shown("betatel-overview", "Requests, $window") == {"shop": 600, "bank": 600, "quiet": 0}
    assert week.shown("betatel-overview", "In flight") == {"shop": 42, "bank": 42, "quiet": 0}
    spend = {"shop EUR": 30, "bank EUR": 30, "bank USD": 12, "quiet EUR": 0}
    assert week.shown("betatel-overview", "Spend, $window") == spend
    assert week.shown("betatel-overview", "Data age") == {"shop": 400, "bank": 0, "quiet": 0}
    assert week.shown("betatel-overview", "Alerts firing") == {"": 1}


def test_the_window_that_is_chosen_is_the_window_that_is_shown(week: Week) -> None:
    chosen = week.shown("betatel-overview", "Requests, $window", window="last5m", account="shop")

    assert chosen == {"shop": 50}


def test_flows_backlog_and_ages_of_an_account_are_right(week: Week) -> None:
    flows = {
        target.legend: round(week.shown(*target.key, account="shop")["shop"])
        for target in TARGETS.values()
        if target.panel == "Flows, messages an hour"
    }

    assert flows == {
        "created": 600, "first delivered": 480, "read": 420, "expired": 60, "failed": 30, "revoked": 30,
    }  # fmt: skip
    assert week.shown("betatel-delivery", "Time to drain", account="shop") == {"shop": 42 * 3600 / 600}
    assert week.shown("betatel-delivery", "Oldest in flight", account="shop") == {"shop": 200}
    assert week.shown("betatel-delivery", "Read ratio", account="shop") == {"shop": 420 / 480}
    changed = week.shown("betatel-delivery", "Totals by status", "D", account="shop")
    assert changed["shop READ"] == 24 * 420


def test_money_is_told_by_currency_and_never_added_up(week: Week) -> None:
    assert week.shown("betatel-spend", "Daily budget used") == {"shop EUR": 12_100 * 0.05 / 500}
    month = {"shop EUR": 18_150, "bank EUR": 18_150, "bank USD": 7_260, "quiet EUR": 0}
    assert week.shown("betatel-spend", "30 days at this rate") == month
    cost = {"shop EUR": 0.0625, "bank EUR": 0.0625, "bank USD": 0.025}
    assert week.shown("betatel-spend", "Cost per message, 24 h") == cost
    times = {"shop EUR": 1.2, "bank EUR": 1.2, "bank USD": 1.2}
    assert week.shown("betatel-spend", "Last hour / mean hour") == times
    assert week.shown("betatel-overview", "Spend, $window", currency="USD") == {"bank USD": 12}


def test_the_band_is_the_wilson_score_interval(week: Week) -> None:
    n, share, z = 600, 0.2, 1.96
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    bounds = {
        target.legend: week.shown(*target.key, account="shop")["shop"]
        for target in TARGETS.values()
        if target.panel == "Failure ratio"
    }

    assert bounds["1 h, 95 % from"] == pytest.approx(centre - half, abs=1e-6)
    assert bounds["1 h, 95 % to"] == pytest.approx(centre + half, abs=1e-6)
    assert bounds["1 h"] == pytest.approx(share)


def test_no_traffic_has_counts_of_nought_and_no_shares(week: Week) -> None:
    shares = [target for target in TARGETS.values() if "\n/ " in target.expr]

    assert len(shares) > 10
    for target in shares:
        assert [s for s in week.ask(target, account="quiet") if s.labels.get("account") == "quiet"] == []


def test_a_tile_does_not_go_on_showing_what_has_vanished(week: Week) -> None:
    tiles = [target for target in TARGETS.values() if target.kind == "stat"]
    graph = week.ask(TARGETS["betatel-overview", "Requested and processed, $window", "A"], account="gone")

    assert graph[0].points[-1][0] <= END - 5 * MINUTE
    assert len(tiles) > 15
    for target in tiles:
        if target.panel != "Failed calls":  # what went wrong just before is what one wants to see
            assert [series for series in week.ask(target) if series.labels.get("account") == "gone"] == []


def test_flows_end_soon_after_the_data_does(week: Week) -> None:
    created = week.ask(TARGETS["betatel-delivery", "Flows, messages an hour", "A"], account="gone")

    assert created[0].points[-1][0] <= history.GONE_AT + 5 * MINUTE


def test_a_replaced_instance_costs_no_message_of_the_flows(week: Week) -> None:
    created = TARGETS["betatel-delivery", "Flows, messages an hour", "A"]

    found = week.ask(created, account="shop", instance=(INSTANCES[-1], history.REPLACEMENT))

    values = [value for series in found for _, value in series.points]
    assert values == pytest.approx([600] * len(values), abs=10)  # a minute's messages


def test_a_total_that_dips_for_one_scrape_is_no_flood_but_is_told(week: Week) -> None:
    failed = week.ask(TARGETS["betatel-delivery", "Flows, messages an hour", "E"], account="shop")
    fallen = week.ask(TARGETS["betatel-delivery", "Totals that went down, 15 min", "A"], account="shop")

    assert {round(value) for series in failed for _, value in series.points} == {30}
    assert min(value for series in fallen for _, value in series.points) < -history.TOTAL / 2


def test_while_one_status_is_unknown_there_is_no_share_and_afterwards_a_right_one(week: Week) -> None:
    """Without READ everybody would seem to have got nothing. Prometheus forgets a lost series after 5 minutes."""
    (undelivered,) = week.ask(TARGETS["betatel-overview", "Undelivered, 1 h", "A"], account="bank")
    unknown = set(history.PARTLY[5 * MINUTE :: MINUTE])
    shares = [value for _, value in undelivered.points]

    assert unknown
    assert {time for time, _ in undelivered.points}.isdisjoint(unknown)
    assert shares == pytest.approx([90 / 570] * len(shares), abs=0.02)
