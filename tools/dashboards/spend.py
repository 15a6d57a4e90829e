"""What does it cost?"""

from tools.dashboards import limits, queries, tiles
from tools.dashboards.dashboard import Line, account, currency, dashboard, datasource, instance, job
from tools.dashboards.fields import GREY, RED, Json, line, matching
from tools.dashboards.panels import Query, bargauge, stat, timeseries
from tools.dashboards.queries import END, amount, current
from tools.dashboards.tiles import NO_DATA, NO_TRAFFIC

LEGEND = "{{account}} {{currency}}"
NO_BUDGET = "no budget set"


def spend() -> Json:
    return dashboard(
        "betatel-spend",
        "Betatel / Spend",
        "What does it cost? Every account and currency by itself; nothing is converted or added up.",
        variables=[datasource(), job(), instance(), account(), currency()],
        content=[
            Line(5, [(4, tile) for tile in _tiles()]),
            Line(9, [(8, _budget()), (16, _day())]),
            Line(9, [(12, _hour()), (12, _cost())]),
        ],
        since="7d",
    )


def _tiles() -> list[Json]:
    return [
        tiles.spend("last5m", "Spend, 5 min"),
        tiles.spend("lasth", "Spend, 1 h"),
        tiles.spend("last24h", "Spend, 24 h"),
        stat(
            "30 days at this rate",
            "The last 24 hours, thirty times. A day is not a month: weekends and campaigns are in it or not.",
            Query(current(f"30 * {amount('last24h')}", amount("last24h", END)), LEGEND),
            unit="short",
            no_value=NO_DATA,
            decimals=0,
            overrides=limits.CURRENCIES,
        ),
        stat(
            "Cost per message, 24 h",
            "Spend divided by the messages processed. With several currencies in one account, the part "
            "billed in this one.",
            Query(
                current(queries.cost_per_processed("last24h"), queries.cost_per_processed("last24h", END)),
                LEGEND,
            ),
            unit="short",
            no_value=NO_TRAFFIC,
            decimals=4,
            overrides=limits.CURRENCIES,
        ),
        stat(
            "Last hour / mean hour",
            "The spend of the last hour as a multiple of the mean hour of the 23 hours before.",
            Query(
                current(
                    f"{amount('lasth')}\n/ ({queries.mean_hour()} > 0)", f"({queries.mean_hour(END)} > 0)"
                ),
                LEGEND,
            ),
            unit="none",
            no_value="no spend before",
            steps=limits.TIMES_MEAN_HOUR,
            decimals=1,
        ),
    ]


def _budget() -> Json:
    return bargauge(
        "Daily budget used",
        "Spend of the last 24 hours as a share of the budget in the exporter's configuration.",
        Query(f"{amount('last24h')}\n/ ({queries.budget()} > 0)", LEGEND, instant=True),
        unit="percentunit",
        no_value=NO_BUDGET,
        steps=limits.BUDGET_SHARE,
        top=1,
    )


def _day() -> Json:
    return timeseries(
        "Spend in 24 h against the daily budget",
        "Spend of the 24 hours before each point. The dashed line is the budget, where one is set.",
        [Query(amount("last24h"), LEGEND), Query(queries.budget(), f"{LEGEND} budget")],
        unit="short",
        no_value=NO_DATA,
        overrides=[matching("budget$", line(RED, dashed=True))],
    )


def _hour() -> Json:
    return timeseries(
        "Spend in an hour against the mean hour of the day before",
        "Spend of the hour before each point; dashed, the mean hour of the 23 hours before that.",
        [Query(amount("lasth"), LEGEND), Query(queries.mean_hour(), f"{LEGEND} mean hour")],
        unit="short",
        no_value=NO_DATA,
        overrides=[matching("mean hour$", line(GREY, dashed=True))],
    )


def _cost() -> Json:
    return timeseries(
        "Cost per processed message",
        "Spend divided by the messages processed, in the hour and in the 24 hours before. A step means "
        "other prices, or other countries.",
        [
            Query(queries.cost_per_processed("lasth"), f"{LEGEND} 1 h"),
            Query(queries.cost_per_processed("last24h"), f"{LEGEND} 24 h"),
        ],
        unit="short",
        no_value=NO_TRAFFIC,
    )
