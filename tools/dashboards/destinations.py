"""Where do codes not arrive, and for how many people?"""

from tools.dashboards import alerts, promql
from tools.dashboards.dashboard import chosen, dashboard, line
from tools.dashboards.looks import NO_RECORDS, STATUS, lines
from tools.dashboards.panels import Panel, label, moment, table, value
from tools.dashboards.promql import ACCOUNT, DESTINATION, PLACE, latest, people, unreached_ratio
from tools.dashboards.shared import not_reached

LEGEND = "{{account}}: {{country}}, {{network}}"
POINTS = 150
CHANCE = 5
"""Fewer people may be chance."""

RECENT = f"betatel_telegram_recent_messages{{{ACCOUNT}}}"
COVERAGE = latest("betatel_telegram_recent_coverage_ratio")
UNREACHED, RATIO = people(*PLACE, reached="false"), unreached_ratio(*PLACE)
USUAL = promql.usual_unreached_ratio()
RANK = alerts.ranks(*PLACE, where='country=~"$country", network=~"$network|"')
"""An alert on a whole country carries no network."""


def since() -> str:
    """In milliseconds, 0 where it is over six hours ago."""
    twice = f"2 * ({promql.usual_unreached_ratio(at=' @ end()')})"
    well = f"max_over_time((0 * ({RATIO} <= {twice}) + time())[6h:3m])"
    beyond = f"{UNREACHED} - {twice} * {people(*PLACE)} >= {CHANCE}"
    return f"1000 * ({well} or 0 * {people(*PLACE)})\nand {beyond}"


def most(expr: str) -> str:
    """`expr` for the ten destinations with most unreached recipients within the time shown."""
    selector = f'betatel_telegram_recent_recipients{{{ACCOUNT}, {DESTINATION}, reached="false"}}'
    found = f"max_over_time({selector}[$__range] @ end())"
    return f"{expr}\nand topk(10, max by ({', '.join(PLACE)}) ({found}))"


TILES = [
    not_reached(DESTINATION),
    Panel(
        "Most at one destination",
        "Unreached recipients at the destination that has most of them.",
        {"{{network}}, {{country}}": f"topk(1, {UNREACHED})"},
    ).stat(no_value=NO_RECORDS),
    Panel(
        "Lowest coverage",
        "Share of the period's messages that were read, where it is lowest. Below 100 % counts are too low, ratios right.",
        f"bottomk(1, {COVERAGE})",
    ).stat(unit="percentunit", no_value=NO_RECORDS, decimals=0),
    Panel(
        "Longest period",
        "How far back the recent records go: 30 minutes, or further where there are few.",
        f"topk(1, {latest('betatel_telegram_recent_period_seconds')})",
    ).stat(unit="dthms", no_value=NO_RECORDS),
]

TABLE = table(
    "Destinations",
    "Worst first: by the alert that fires, then by unreached recipients. Usual: the ratio of the day before the last "
    "hour. Excess: unreached recipients beyond the usual ratio. Since: the last time at which the ratio was at most "
    f"twice the usual one, for destinations with at least {CHANCE} recipients beyond that.",
    [
        label("network", width=130),
        label("country", width=170),
        label("account"),
        value("Alert", RANK, "none", words=alerts.SEVERITIES, width=85),
        value("Not reached", UNREACHED),
        value("Share", RATIO, "percentunit", 1),
        value("Usual", USUAL, "percentunit", 1),
        value("Excess", f"round({UNREACHED}\n- ({USUAL}) * {people(*PLACE)})"),
        moment("Since", since(), "over 6 hours ago"),
        value("Change, 1 h", f"{UNREACHED} - {people(*PLACE, reached='false', offset='1h')}"),
        value("Messages", promql.recent_messages(*PLACE)),
    ],
    no_value=NO_RECORDS,
    sort=["-Alert", "-Not reached"],
)

HEAT = Panel(
    "Share of people not reached",
    "The ten destinations with most unreached recipients in the time shown; full colour from one half on.",
    {LEGEND: most(RATIO)},
).heatmap(unit="percentunit", no_value=NO_RECORDS, decimals=0, strongest=0.5)

COUNTS = [
    Panel("People not reached", "The same ten destinations.", {LEGEND: most(UNREACHED)}).timeseries(
        no_value=NO_RECORDS, reach=10, points=POINTS, figures=True
    ),
    Panel(
        "Messages by status",
        "Recent messages to the chosen destinations by the status they have now.",
        {"{{status}}": promql.recent_messages("status")},
    ).timeseries(no_value=NO_RECORDS, stacked="line", points=POINTS, overrides=lines(STATUS)),
]

SHARES = [
    Panel(
        "Share of people not reached, by account",
        "Of the recipients at the chosen destinations.",
        unreached_ratio("account"),
    ).timeseries(unit="percentunit", no_value=NO_RECORDS, reach=0.3, points=POINTS),
    Panel(
        "Coverage",
        "Share of the period's messages that were read; below 100 % they are more than fit on the pages that are read.",
        COVERAGE,
    ).timeseries(unit="percentunit", no_value=NO_RECORDS, max=1),
]

DESTINATIONS = dashboard(
    "betatel-destinations",
    "Where do codes not arrive, and for how many people? From the recent delivery records, by country and network.",
    line(4, *TILES),
    line(10, TABLE),
    line(9, HEAT),
    line(9, *COUNTS, widths=(16, 8)),
    line(8, *SHARES),
    variables=[chosen("country", RECENT), chosen("network", RECENT.replace("}", ', country=~"$country"}'))],
    since="6h",
)
