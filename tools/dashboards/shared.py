"""Panels that several dashboards show."""

from collections.abc import Sequence

from tools.dashboards import looks, promql
from tools.dashboards.looks import LIMITS, Json
from tools.dashboards.panels import Panel

NO_BUDGET = "no budget known"


def not_reached(where: str = "", more: str = "") -> Json:
    return Panel(
        "Not reached",
        "Recipients of the recent records who got none of their messages; someone who tries five times counts once.",
        {
            "people": promql.people(reached="false", where=where),
            "of all": promql.unreached_ratio(where=where),
        },
    ).stat(
        no_value=looks.NO_RECORDS,
        overrides=[looks.named("of all", unit="percentunit", decimals=1)],
        more=more,
    )


def budget_used(where: str, more: str = "") -> Json:
    return Panel(
        "Budget used, 24 h",
        "Spend of the last 24 hours as a share of the daily budget, in the account where it is highest.",
        {"{{account}} {{currency}}": f"topk(1, {promql.budget_used(where)})"},
    ).stat(unit="percentunit", no_value=NO_BUDGET, decimals=0, limit=looks.BUDGET, more=more)


def oldest_data(more: str = "") -> Json:
    return Panel(
        "Oldest data",
        "Time since the last success of the query that has waited longest. Red: the threshold of BetatelMetricsStale.",
        f"topk(1, {promql.OLDEST_DATA_AGE})",
    ).stat(unit="dthms", no_value=looks.NO_EXPORTER, limit=LIMITS["stale_seconds"], more=more)


def oldest_pending(legend: str, overrides: Sequence[Json] = ()) -> Json:
    """In minutes: of seconds Grafana would make "6.67 mins"."""
    return Panel(
        "Oldest PENDING message",
        "Age of the oldest message that waits to be sent. Dashed: the threshold of BetatelOldestPendingTooOld.",
        {legend: f"({promql.oldest_age('PENDING')}) / 60"},
    ).timeseries(
        unit="suffix: min",
        no_value="no message waits",
        decimals=0,
        limit=LIMITS["pending_seconds"] / 60,
        overrides=overrides,
    )
