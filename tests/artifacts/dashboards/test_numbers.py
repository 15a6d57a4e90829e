"""What the panels show of the invented day."""

import pytest

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.boards import targets
from tests.artifacts.dashboards.history import BROKEN_AT, DIP_AT, GONE_AT, HOUR, MINUTE, Past, Series
from tools.dashboards.alerts import CRITICAL, QUIET, UNKNOWN, WARNING

TARGETS = targets()
CREATED = "delivery / Flows, messages an hour / created"
FLOWS = "delivery / Flows, messages an hour / {{status}}"
ALPHA, BETA = "shop Utopia Alpha", "shop Utopia Beta"
SHOP = {"account": "shop"}
NUMBERS: list[tuple[str, dict[str, str], dict[str, float]]] = [
    ("overview / Alerts / critical", {}, {"": 2}),
    ("overview / Alerts / warning", {}, {"": 1}),
    ("overview / Not reached / people", {}, {"": 48}),
    ("overview / Not reached / of all", {}, {"": 0.4}),
    ("overview / Spend, 24 h / {{currency}}", {}, {"EUR": 1210, "USD": 242}),
    ("overview / Oldest data / {{account}}", {}, {"gone": 600}),
    ("overview / Accounts / State", {}, {"shop": CRITICAL, "bank": QUIET, "quiet": QUIET, "gone": UNKNOWN}),
    ("overview / Accounts / Alerting since", {}, {"shop": BROKEN_AT * 1000}),
    ("overview / Accounts / Failed", {}, {"shop": 0.2, "bank": 0.2}),
    ("overview / Accounts / Usual", {}, {"shop": 0.2, "bank": 0.2}),
    ("overview / Accounts / Undelivered", {}, {"shop": 90 / 570, "bank": 90 / 570}),
    ("overview / Accounts / Not reached", {}, {"shop": 24, "bank": 24, "quiet": 0}),
    ("overview / Accounts / Requests", {}, {"shop": 600, "bank": 600, "quiet": 0}),
    ("overview / Accounts / In flight", {}, {"shop": 42, "bank": 42, "quiet": 0}),
    ("overview / Accounts / Budget used", {}, {"shop": 1.21}),
    ("overview / Accounts / Data age", {}, {"shop": 400, "bank": 0, "quiet": 0, "gone": 600}),
    ("delivery / Accounts / Time to drain", {}, {"shop": 252, "bank": 252}),
    ("delivery / Accounts / Oldest PENDING", {}, {"shop": 200, "bank": 200}),
    ("spend / Daily budget used / {{account}} {{currency}}", {}, {"shop EUR": 1.21}),
    ("spend / 30 days at this rate / {{currency}}", {}, {"EUR": 36_300, "USD": 7260}),
    ("spend / Accounts / Per message", {}, {"shop EUR": 0.0625, "bank EUR": 0.0625, "bank USD": 0.025}),
    ("spend / Accounts / 1 h / mean hour", {}, {"shop EUR": 1.2, "bank EUR": 1.2, "bank USD": 1.2}),
    ("exporter / Incomplete / incomplete", {}, {"": 2}),
    ("exporter / Rate limit / waiting", {}, {"": 120}),
    ("overview / Accounts / Requests", {"window": "last5m", **SHOP}, {"shop": 50}),
    # the Wilson score interval of 120 of 600
    ("overview / Failure ratio / 1 h, 95 % from", SHOP, {"shop": 0.1699468527}),
    ("overview / Failure ratio / 1 h, 95 % to", SHOP, {"shop": 0.2338703073}),
    ("overview / Failure ratio / 1 h", SHOP, {"shop": 0.2}),
    ("delivery / Read ratio, 1 h / {{account}}", SHOP, {"shop": 420 / 480}),
    ("delivery / Flows, messages an hour / DELIVERED", SHOP, {"shop": 480}),
    (CREATED, SHOP, {"shop": 600}),
    (FLOWS, SHOP, {"shop READ": 420, "shop EXPIRED": 60, "shop FAILED": 30, "shop REVOKED": 30}),
    ("spend / Accounts / 1 h", {"currency": "USD"}, {"bank USD": 12}),
    ("destinations / Destinations / Alert", SHOP, {BETA: CRITICAL}),
    ("destinations / Destinations / Not reached", SHOP, {ALPHA: 4, BETA: 20}),
    ("destinations / Destinations / Share", SHOP, {ALPHA: 0.1, BETA: 1}),
    ("destinations / Destinations / Usual", SHOP, {ALPHA: 0.1, BETA: 0.1}),
    ("destinations / Destinations / Excess", SHOP, {ALPHA: 0, BETA: 18}),
    ("destinations / Destinations / Since", SHOP, {BETA: 1000 * (BROKEN_AT - MINUTE)}),  # by three minutes
    ("destinations / Destinations / Change, 1 h", SHOP, {ALPHA: 0, BETA: 18}),
    ("destinations / Destinations / Messages", SHOP, {ALPHA: 280, BETA: 140}),
]


def shown(past: Past, name: str, **chosen: str) -> dict[str, float]:
    """The last value of each series by the values of its labels."""
    return {" ".join(one.labels.values()): one.last for one in past.ask(TARGETS[name], **chosen)}


def flow(past: Past, name: str, account: str, **chosen: str) -> Series:
    (found,) = past.ask(TARGETS[name], account=account, **chosen)
    return found


def test_the_panels_show_the_numbers_of_the_day(past: Past) -> None:
    found = [shown(past, name, **chosen) for name, chosen, _ in NUMBERS]

    assert [
        (name, numbers)
        for (name, _, expected), numbers in zip(NUMBERS, found, strict=True)
        if numbers != pytest.approx(expected, rel=1e-9)
    ] == []
    changes = shown(past, "delivery / Totals by status / Change, 24 h", **SHOP)
    assert changes["shop READ"] == pytest.approx(24 * 420)
    assert [*shown(past, "overview / Failure ratio, $window / {{account}}").values()] == pytest.approx([0.2])


def test_firing_alerts_are_shown_with_their_beginning_and_what_their_links_need(past: Past) -> None:
    ranks, since = (past.ask(TARGETS[f"overview / Firing alerts / {name}"]) for name in ("Severity", "Since"))
    labels = ("alert", "account", "about", "dashboard", "country", "network")
    rows = {tuple(one.labels.get(label, "") for label in labels): one.last for one in ranks}

    assert rows == {
        ("DeliveryFailing", "shop", "Utopia Beta", "betatel-overview", "Utopia", "Beta"): CRITICAL,
        ("MetricsStale", "shop", "tdr/FAILED", "betatel-exporter", "All", "All"): WARNING,
        ("ExporterDown", "All", history.STEADY, "betatel-exporter", "All", "All"): CRITICAL,
    }
    assert all(one.labels in [rank.labels for rank in ranks] for one in since)
    assert [one.last for one in since] == [BROKEN_AT * 1000] * len(ranks)


def test_no_traffic_has_no_ratios(past: Past) -> None:
    ratios = {name: one for name, one in TARGETS.items() if "\n/ " in one.expr and "topk" not in one.expr}
    found = {name: past.ask(one, account="quiet") for name, one in ratios.items()}

    assert len(ratios) > 10
    assert [name for name, series in found.items() if any("account" in one.labels for one in series)] == []


def test_what_has_vanished_is_unknown_and_shows_no_old_number(past: Past) -> None:
    still = {
        name
        for name, target in TARGETS.items()
        if target.instant
        and any(one.labels.get("account") == "gone" for one in past.ask(target, account="gone"))
    }
    graphs = (CREATED, "overview / Requested and processed, $window / requested")

    assert still == {
        "overview / Accounts / State",
        "overview / Accounts / Data age",
        "overview / Oldest data / {{account}}",
        "exporter / Oldest data / {{account}}",
        "exporter / Failed queries / Data age",
        "destinations / Destinations / Usual",  # what was usual stays so
    }
    assert all(flow(past, name, "gone").points[-1][0] <= GONE_AT + 5 * MINUTE for name in graphs)


def test_a_replaced_instance_costs_no_message_of_the_flows(past: Past) -> None:
    created = flow(past, CREATED, "shop", instance=f"{history.REPLACED}|{history.REPLACEMENT}")

    values = [value for time, value in created.points if time not in {DIP_AT, DIP_AT + HOUR}]
    assert values == pytest.approx([600] * len(values), abs=10)  # a minute's messages
    assert len(values) > 100


def test_a_total_that_dips_for_one_scrape_is_a_gap_and_is_reported(past: Past) -> None:
    failed = next(one for one in past.ask(TARGETS[FLOWS], account="shop") if one.labels["status"] == "FAILED")
    (fallen,) = past.ask(TARGETS["delivery / Totals that went down, 15 min / {{account}} {{status}}"])

    assert {round(value) for _, value in failed.points} == {30}
    assert {time for time, _ in failed.points}.isdisjoint({DIP_AT, DIP_AT + HOUR})
    assert (fallen.labels, len(fallen.points)) == ({"account": "shop", "status": "FAILED"}, 1)
    assert fallen.last < -history.TOTAL / 2


def test_while_one_status_is_unknown_there_is_no_flow_and_afterwards_a_right_one(past: Past) -> None:
    """Without READ every message would seem undelivered. Prometheus forgets a lost series after 5 minutes."""
    undelivered = flow(past, "delivery / Undelivered ratio, 1 h / {{account}}", "bank")
    unknown = set(history.PARTLY[5 * MINUTE :: MINUTE])
    unknown |= {time + HOUR for time in unknown}
    ratios = [value for _, value in undelivered.points]

    assert {time for time, _ in undelivered.points}.isdisjoint(unknown)
    assert ratios == pytest.approx([90 / 570] * len(ratios), abs=0.02)
    assert len(ratios) > 50
