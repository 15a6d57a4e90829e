"""What does it cost?"""

from tools.dashboards import promql
from tools.dashboards.dashboard import chosen, dashboard, line, row
from tools.dashboards.looks import BUDGET, LIMITS, NO_TRAFFIC, Json, named
from tools.dashboards.panels import Panel, label, table, value
from tools.dashboards.promql import ACCOUNT, COST_PER_PROCESSED, CURRENCY, MEAN_HOUR, amount
from tools.dashboards.shared import NO_BUDGET, budget_used

LEGEND = "{{account}} {{currency}}"
HOUR, DAY = amount("lasth"), amount("last24h")
SIGNS = [named(f"/{code}$/", unit=f"currency{code}") for code in ("EUR", "GBP", "USD")]


def total(title: str, description: str, expr: str, decimals: int) -> Json:
    return Panel(
        title,
        f"{description} All chosen accounts together, each currency by itself.",
        {"{{currency}}": f"sum by (currency) ({expr})"},
    ).stat(decimals=decimals)


TILES = [
    total("Spend, 1 h", "Billed in the last hour.", HOUR, 2),
    total("Spend, 24 h", "Billed in the last 24 hours.", DAY, 2),
    total(
        "30 days at this rate", "The last 24 hours, thirty times; other days may differ.", f"30 * {DAY}", 0
    ),
    budget_used(CURRENCY),
]

ACCOUNTS = table(
    "Accounts",
    "The highest use of the budget first. Red: over the budget, or the last hour exceeds the mean hour of the 23 "
    "hours before by more than BetatelSpendSpike allows.",
    [
        label("account"),
        label("currency"),
        value("Budget used", promql.budget_used(), "percentunit", 0, BUDGET),
        value("Daily budget", promql.budget(), decimals=2),
        value("24 h", DAY, decimals=2),
        value("1 h", HOUR, decimals=2),
        value("5 min", amount("last5m"), decimals=2),
        value("Mean hour", MEAN_HOUR, decimals=2),
        value("1 h / mean hour", f"{HOUR}\n/ ({MEAN_HOUR} > 0)", "none", 1, LIMITS["spend_factor"]),
        value("Per message", COST_PER_PROCESSED, decimals=4),
    ],
    sort=["-Budget used", "-24 h"],
)

USED = Panel(
    "Daily budget used",
    "Spend of the 24 hours before each point as a share of the budget. Dashed: BetatelSpendOverDailyBudget fires.",
    {LEGEND: promql.budget_used()},
).timeseries(unit="percentunit", no_value=NO_BUDGET, limit=BUDGET, figures=True)

GRAPHS = [
    Panel("Spend in 24 h", "Billed in the 24 hours before each point.", {LEGEND: DAY}).timeseries(
        overrides=SIGNS
    ),
    Panel("Spend in 1 h", "Billed in the hour before each point.", {LEGEND: HOUR}).timeseries(
        overrides=SIGNS
    ),
    Panel(
        "Cost per processed message",
        "Spend divided by the messages processed, in the 24 hours before each point. A step means other prices or "
        "other countries. In an account with several currencies, the part billed in this one.",
        {LEGEND: COST_PER_PROCESSED},
    ).timeseries(no_value=NO_TRAFFIC, decimals=4, overrides=SIGNS),
]

SPEND = dashboard(
    "betatel-spend",
    "What does it cost? Each currency by itself; nothing is converted.",
    line(4, *TILES),
    line(7, ACCOUNTS),
    line(8, USED),
    *row("$currency", line(9, *GRAPHS), repeat="currency"),
    variables=[chosen("currency", f"betatel_telegram_amount{{{ACCOUNT}}}")],
    since="7d",
)
