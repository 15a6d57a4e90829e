"""What the panels show of the invented day."""

import math

import pytest

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.boards import Target, all_targets
from tests.artifacts.dashboards.history import (
    BROKEN_AT,
    END,
    HOUR,
    MINUTE,
    REPLACED,
    REPLACEMENT,
    Past,
    Series,
)
from tools.dashboards import alerts

CREATED, FIRST_DELIVERED = "created", "DELIVERED"


def target(board: str, panel: str, legend: str = "{{account}}") -> Target:
    wanted = f"betatel-{board} / {panel} / {legend}"
    return next(one for one in all_targets() if one.name == wanted)


def shown(past: Past, board: str, panel: str, legend: str = "{{account}}", **chosen: str) -> dict[str, float]:
    """The last value of each series by its labels: account, then the other distinguishing labels."""
    found = past.ask(target(board, panel, legend), **chosen)
    return {" ".join(one.labels.values()): round(one.last, 6) for one in found}


def flow(past: Past, legend: str, account: str, **chosen: str) -> list[Series]:
    return past.ask(target("delivery", "Flows, messages an hour", legend), account=account, **chosen)


def column(past: Past, name: str, **chosen: str) -> dict[str, float]:
    return shown(past, "overview", "Accounts", name, **chosen)


def test_the_accounts_are_shown_with_their_numbers(past: Past) -> None:
    states = {"shop": alerts.CRITICAL, "bank": alerts.QUIET, "quiet": alerts.QUIET, "gone": alerts.UNKNOWN}

    assert column(past, "State") == states
    assert column(past, "Alerting since") == {"shop": BROKEN_AT * 1000}
    assert column(past, "Failed") == {"shop": 0.2, "bank": 0.2}
    assert column(past, "Usual") == {"shop": 0.2, "bank": 0.2}
    assert column(past, "Undelivered") == pytest.approx({"shop": 90 / 570, "bank": 90 / 570}, abs=1e-6)
    assert column(past, "Not reached") == {"shop": 24, "bank": 24}
    assert column(past, "Requests") == {"shop": 600, "bank": 600, "quiet": 0}
    assert column(past, "In flight") == {"shop": 42, "bank": 42, "quiet": 0}
    assert column(past, "Budget used") == {"shop": 12_100 * 0.05 / 500}
    age = {"shop": 400, "bank": 0, "quiet": 0, "gone": END - history.GONE_AT}
    assert column(past, "Data age") == age


def test_the_tiles_show_the_worst_account_and_sums_by_currency(past: Past) -> None:
    assert shown(past, "overview", "Alerts", "critical") == {"": 2}
    assert shown(past, "overview", "Alerts", "warning") == {"": 1}
    assert list(shown(past, "overview", "Failure ratio, $window").values()) == [0.2]
    assert shown(past, "overview", "Not reached", "people") == {"": 48}
    assert shown(past, "overview", "Not reached", "of all") == {"": 0.4}
    assert shown(past, "overview", "Spend, 24 h", "{{currency}}") == {"EUR": 1210, "USD": 242}
    assert shown(past, "overview", "Oldest data") == {"gone": 600}
    assert shown(past, "exporter", "Incomplete", "incomplete") == {"": 2}
    assert shown(past, "exporter", "Rate limit", "waiting") == {"": history.COOLDOWN}


def test_the_window_that_is_chosen_is_the_window_that_is_shown(past: Past) -> None:
    assert column(past, "Requests", window="last5m", account="shop") == {"shop": 50}


def test_firing_alerts_are_shown_with_their_beginning_and_what_their_links_need(past: Past) -> None:
    ranks, since = (past.ask(target("overview", "Firing alerts", name)) for name in ("Severity", "Since"))
    labels = ("alert", "account", "about", "dashboard", "country", "network")
    rows = {tuple(one.labels.get(label, "") for label in labels): one.last for one in ranks}

    assert rows == {
        ("DeliveryFailing", "shop", "Utopia Beta", "betatel-overview", "Utopia", "Beta"): alerts.CRITICAL,
        ("MetricsStale", "shop", "tdr/FAILED", "betatel-exporter", "All", "All"): alerts.WARNING,
        ("ExporterDown", "All", history.STEADY, "betatel-exporter", "All", "All"): alerts.CRITICAL,
    }
    assert all(one.labels in [rank.labels for rank in ranks] for one in since)
    assert [one.last for one in since] == [BROKEN_AT * 1000] * len(ranks)


def test_the_destinations_are_shown_with_what_is_usual_there_and_since_when_they_fail(past: Past) -> None:
    def found(name: str) -> dict[str, float]:
        values = past.ask(target("destinations", "Destinations", name), account="shop")
        return {one.labels["network"]: round(one.last, 3) for one in values}

    assert found("Alert") == {"Beta": alerts.CRITICAL}
    ((network, since),) = found("Since").items()
    assert network == "Beta"
    assert since / 1000 == pytest.approx(BROKEN_AT, abs=3 * MINUTE)
    assert found("Not reached") == {"Alpha": 4, "Beta": 20}
    assert found("Share") == {"Alpha": 0.1, "Beta": 1}
    assert found("Usual") == {"Alpha": 0.1, "Beta": 0.1}
    assert found("Excess") == {"Alpha": 0, "Beta": 18}
    assert found("Change, 1 h") == {"Alpha": 0, "Beta": 18}
    assert found("Messages") == {"Alpha": 280, "Beta": 140}


def test_flows_and_ages_of_an_account_are_right(past: Past) -> None:
    (created,), (delivered,) = flow(past, CREATED, "shop"), flow(past, FIRST_DELIVERED, "shop")
    ends = {one.labels["status"]: round(one.last) for one in flow(past, "{{status}}", "shop")}

    assert (round(created.last), round(delivered.last)) == (600, 480)
    assert ends == {"READ": 420, "EXPIRED": 60, "FAILED": 30, "REVOKED": 30}
    assert shown(past, "delivery", "Accounts", "Time to drain", account="shop") == {"shop": 42 * 3600 / 600}
    assert shown(past, "delivery", "Accounts", "Oldest PENDING", account="shop") == {"shop": 200}
    assert shown(past, "delivery", "Read ratio, 1 h", account="shop") == {"shop": 420 / 480}
    changed = shown(past, "delivery", "Totals by status", "Change, 24 h", account="shop")
    assert changed["shop READ"] == 24 * 420


def test_spend_is_shown_by_currency(past: Past) -> None:
    legend = "{{account}} {{currency}}"
    month = shown(past, "spend", "30 days at this rate", "{{currency}}", account="bank")

    assert shown(past, "spend", "Daily budget used", legend) == {"shop EUR": 12_100 * 0.05 / 500}
    assert month == {"EUR": 18_150, "USD": 7_260}
    cost = {"shop EUR": 0.0625, "bank EUR": 0.0625, "bank USD": 0.025}
    assert shown(past, "spend", "Accounts", "Per message") == cost
    times = {"shop EUR": 1.2, "bank EUR": 1.2, "bank USD": 1.2}
    assert shown(past, "spend", "Accounts", "1 h / mean hour") == times
    assert shown(past, "spend", "Accounts", "1 h", currency="USD") == {"bank USD": 12}


def test_the_band_is_the_wilson_score_interval(past: Past) -> None:
    n, share, z = 600, 0.2, 1.96
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))

    for legend, bound in (("1 h, 95 % from", centre - half), ("1 h, 95 % to", centre + half), ("1 h", share)):
        assert shown(past, "overview", "Failure ratio", legend, account="shop")["shop"] == pytest.approx(
            bound, abs=1e-6
        )


def test_no_traffic_has_counts_of_zero_and_no_ratios(past: Past) -> None:
    ratios = [one for one in all_targets() if "\n/ " in one.expr and "topk" not in one.expr]

    assert len(ratios) > 10
    for one in ratios:
        assert [found for found in past.ask(one, account="quiet") if "account" in found.labels] == [], (
            one.name
        )


def test_what_has_vanished_is_unknown_and_shows_no_old_number(past: Past) -> None:
    graph = past.ask(target("overview", "Requested and processed, $window", "requested"), account="gone")
    kept = {
        f"betatel-{name}"
        for name in ("overview / Accounts / State", "overview / Accounts / Data age", "overview / Oldest data / {{account}}",
                     "exporter / Oldest data / {{account}}", "exporter / Failed queries / Data age")
    }  # fmt: skip
    still = {
        one.name
        for one in all_targets()
        if one.instant
        and any(found.labels.get("account") == "gone" for found in past.ask(one, account="gone"))
    }

    assert graph[0].points[-1][0] <= history.GONE_AT + 5 * MINUTE
    assert still - kept == {"betatel-destinations / Destinations / Usual"}  # what was usual stays so
    assert kept <= still


def test_flows_end_soon_after_the_data_does(past: Past) -> None:
    assert flow(past, CREATED, "gone")[0].points[-1][0] <= history.GONE_AT + 5 * MINUTE


def test_a_replaced_instance_costs_no_message_of_the_flows(past: Past) -> None:
    (created,) = flow(past, CREATED, "shop", instance=f"{REPLACED}|{REPLACEMENT}")

    values = [value for time, value in created.points if not _dip(time)]
    assert values == pytest.approx([600] * len(values), abs=10)  # a minute's messages
    assert len(values) > 100


def test_a_total_that_dips_for_one_scrape_is_a_gap_and_is_reported(past: Past) -> None:
    failed = next(one for one in flow(past, "{{status}}", "shop") if one.labels["status"] == "FAILED")
    (fallen,) = past.ask(target("delivery", "Totals that went down, 15 min", "{{account}} {{status}}"))

    assert {round(value) for _, value in failed.points} == {30}
    assert {time for time, _ in failed.points}.isdisjoint({history.DIP_AT, history.DIP_AT + HOUR})
    assert (fallen.labels, len(fallen.points)) == ({"account": "shop", "status": "FAILED"}, 1)
    assert fallen.last < -history.TOTAL / 2


def test_while_one_status_is_unknown_there_is_no_flow_and_afterwards_a_right_one(past: Past) -> None:
    """Without READ everybody would seem to have got nothing. Prometheus forgets a lost series after 5 minutes."""
    (undelivered,) = past.ask(target("delivery", "Undelivered ratio, 1 h"), account="bank")
    unknown = set(history.PARTLY[5 * MINUTE :: MINUTE])
    unknown |= {time + HOUR for time in unknown}
    ratios = [value for _, value in undelivered.points]

    assert {time for time, _ in undelivered.points}.isdisjoint(unknown)
    assert ratios == pytest.approx([90 / 570] * len(ratios), abs=0.02)
    assert len(ratios) > 50


def _dip(time: float) -> bool:
    return time in {history.DIP_AT, history.DIP_AT + HOUR}
