"""What does it cost?"""

from tools.dashboards import promql
from tools.dashboards.dashboard import Line, Section, account, chosen, dashboard
from tools.dashboards.looks import BUDGET, CURRENCIES, NO_TRAFFIC, Json, limit, marked
from tools.dashboards.panels import stat, timeseries
from tools.dashboards.promql import ACCOUNT, CURRENCY, amount
from tools.dashboards.shared import NO_BUDGET, budget_used
from tools.dashboards.tables import Column, Label, table

LEGEND = "{{account}} {{currency}}"


def spend() -> Json:
    return dashboard(
        "betatel-spend",
        "Betatel / Spend",
        "What does it cost? Each currency by itself; nothing is converted.",
        variables=[account(), chosen("currency", "Currency", f"betatel_telegram_amount{{{ACCOUNT}}}")],
        content=[
            Line(4, [(6, tile) for tile in _tiles()]),
            Line(7, [(24, _accounts())]),
            Line(8, [(24, _budget())]),
            Section("$currency", [Line(9, [(8, _day()), (8, _hour()), (8, _cost())])], repeat="currency"),
        ],
        since="7d",
    )


def _tiles() -> list[Json]:
    day = amount("last24h", CURRENCY)
    return [
        _total("Spend, 1 h", "Billed in the last hour.", amount("lasth", CURRENCY), 2),
        _total("Spend, 24 h", "Billed in the last 24 hours.", day, 2),
        _total(
            "30 days at this rate",
            "The last 24 hours, thirty times. A day is not a month: weekends and campaigns are in it or not.",
            f"30 * {day}",
            0,
        ),
        budget_used(CURRENCY),
    ]


def _total(title: str, description: str, expr: str, decimals: int) -> Json:
    return stat(
        title,
        f"{description} All chosen accounts together, each currency by itself.",
        {"{{currency}}": f"sum by (currency) ({expr})"},
        decimals=decimals,
    )


def _accounts() -> Json:
    mean_hour, factor = promql.mean_hour(CURRENCY), limit("spend_factor")
    times = f"{amount('lasth', CURRENCY)}\n/ ({mean_hour} > 0)"
    return table(
        "Accounts",
        "The highest use of the budget first. Red: over the budget, or more than BetatelSpendSpike allows as a multiple "
        "of the mean hour of the 23 hours before the last.",
        [Label("account", "Account"), Label("currency", "Currency")],
        [
            Column("Budget used", promql.budget_used(CURRENCY), "percentunit", 0, marked(BUDGET)),
            Column("Daily budget", promql.budget(CURRENCY), decimals=2),
            Column("24 h", amount("last24h", CURRENCY), decimals=2),
            Column("1 h", amount("lasth", CURRENCY), decimals=2),
            Column("5 min", amount("last5m", CURRENCY), decimals=2),
            Column("Mean hour", mean_hour, decimals=2),
            Column("1 h / mean hour", times, "none", 1, marked(factor)),
            Column("Per message", promql.cost_per_processed("last24h", CURRENCY), decimals=4),
        ],
        sort=["-Budget used", "-24 h"],
    )


def _budget() -> Json:
    return timeseries(
        "Daily budget used",
        "Spend of the 24 hours before each point as a share of the budget in the exporter's configuration. Over the "
        "dashed line BetatelSpendOverDailyBudget fires.",
        {LEGEND: promql.budget_used(CURRENCY)},
        unit="percentunit",
        no_value=NO_BUDGET,
        limit=BUDGET,
        figures=True,
    )


def _day() -> Json:
    return timeseries(
        "Spend in 24 h",
        "Billed in the 24 hours before each point.",
        {LEGEND: amount("last24h", CURRENCY)},
        overrides=CURRENCIES,
    )


def _hour() -> Json:
    return timeseries(
        "Spend in 1 h",
        "Billed in the hour before each point.",
        {LEGEND: amount("lasth", CURRENCY)},
        overrides=CURRENCIES,
    )


def _cost() -> Json:
    return timeseries(
        "Cost per processed message",
        "Spend divided by the messages processed, in the 24 hours before each point. A step means other prices, or "
        "other countries. With several currencies in one account, the part billed in this one.",
        {LEGEND: promql.cost_per_processed("last24h", CURRENCY)},
        no_value=NO_TRAFFIC,
        decimals=4,
        overrides=CURRENCIES,
    )
