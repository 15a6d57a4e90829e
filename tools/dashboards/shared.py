"""Panels that several dashboards show."""

from collections.abc import Sequence

from tools.dashboards import alerts, promql
from tools.dashboards.looks import (
    BLUE,
    BUDGET,
    GREEN,
    GREY,
    NO_EXPORTER,
    NO_RECORDS,
    ORANGE,
    RED,
    Json,
    Words,
    judged,
    limit,
    named,
)
from tools.dashboards.panels import stat, timeseries

NO_BUDGET = "no budget known"
LONG_AGO = "over a week ago"

SEVERITIES: Words = {
    alerts.CRITICAL: ("critical", RED),
    alerts.WARNING: ("warning", ORANGE),
    alerts.INFO: ("info", BLUE),
}
STATES: Words = {
    **SEVERITIES,
    alerts.UNKNOWN: ("unknown", GREY),
    alerts.QUIET: ("ok", GREEN),
    alerts.NO_RULES: ("no rules", GREY),
}


def not_reached(where: str = "", more: str = "") -> Json:
    return stat(
        "Not reached",
        "People behind the recent records, none of whose messages arrived, and their share of all people. One who "
        "tries five times is one.",
        {
            "people": promql.people(reached="false", where=where),
            "of all": promql.unreached_ratio(where=where),
        },
        no_value=NO_RECORDS,
        overrides=[named("of all", unit="percentunit", decimals=1)],
        more=more,
    )


def budget_used(where: str = "", more: str = "") -> Json:
    return stat(
        "Budget used, 24 h",
        "Spend of the last 24 hours as a share of the daily budget, in the account where it is highest.",
        {"{{account}} {{currency}}": promql.worst(promql.budget_used(where))},
        unit="percentunit",
        no_value=NO_BUDGET,
        decimals=0,
        steps=judged(BUDGET),
        more=more,
    )


def oldest_data(more: str = "") -> Json:
    return stat(
        "Oldest data",
        "How long ago the query that has waited longest last succeeded, and whose it is. It goes on growing while the "
        "exporter is down. Red from the threshold of BetatelMetricsStale.",
        promql.worst(promql.oldest_data_age()),
        unit="dthms",
        no_value=NO_EXPORTER,
        steps=judged(limit("stale_seconds")),
        more=more,
    )


def oldest_pending(legend: str, overrides: Sequence[Json] = ()) -> Json:
    """In minutes: of seconds Grafana would make "6.67 mins"."""
    return timeseries(
        "Oldest PENDING message",
        "Age of the oldest message that waits to be sent. The dashed line is the threshold of BetatelOldestPendingTooOld.",
        {legend: f"({promql.oldest_age('PENDING')}) / 60"},
        unit="suffix: min",
        no_value="no message waits",
        decimals=0,
        limit=limit("pending_seconds") / 60,
        overrides=overrides,
    )
