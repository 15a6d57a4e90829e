"""Where do codes not arrive, and for how many people?"""

from tools.dashboards import promql
from tools.dashboards.dashboard import Line, account, chosen, dashboard
from tools.dashboards.looks import NO_RECORDS, STATUS, Json, limit, lines, marked
from tools.dashboards.panels import heatmap, stat, timeseries
from tools.dashboards.promql import ACCOUNT, DESTINATION, PLACE, latest, people, unreached_ratio
from tools.dashboards.shared import not_reached
from tools.dashboards.tables import Column, Label, moment, table

PLACE_NAME = "{{account}}: {{country}}, {{network}}"
RECENT = f"betatel_telegram_recent_messages{{{ACCOUNT}}}"


def destinations() -> Json:
    return dashboard(
        "betatel-destinations",
        "Betatel / Destinations",
        "Where do codes not arrive, and for how many people? From the recent delivery records, by country and network.",
        variables=[
            account(),
            chosen("country", "Country", RECENT),
            chosen("network", "Network", RECENT.replace("}", ', country=~"$country"}')),
        ],
        content=[
            Line(4, [(6, tile) for tile in _tiles()]),
            Line(10, [(24, _destinations())]),
            Line(9, [(24, _heat())]),
            Line(9, [(16, _unreached()), (8, _messages())]),
            Line(8, [(12, _ratio()), (12, _coverage())]),
        ],
        since="6h",
    )


def _tiles() -> list[Json]:
    coverage = latest("betatel_telegram_recent_coverage_ratio")
    return [
        not_reached(DESTINATION),
        stat(
            "Most at one destination",
            "People not reached at the destination where they are most.",
            {"{{network}}, {{country}}": promql.worst(people(*PLACE, reached="false"))},
            no_value=NO_RECORDS,
        ),
        stat(
            "Lowest coverage",
            "Share of the period's messages that were read, in the account where it is lowest. 100 % is all of them; less "
            "is an even sample: counts are too low by as much, shares are right.",
            f"bottomk(1, {coverage})",
            unit="percentunit",
            no_value=NO_RECORDS,
            decimals=0,
        ),
        stat(
            "Longest period",
            "How far back the recent records go: 30 minutes, or further where there are few.",
            promql.worst(latest("betatel_telegram_recent_period_seconds")),
            unit="dthms",
            no_value=NO_RECORDS,
        ),
    ]


def _destinations() -> Json:
    unreached = people(*PLACE, reached="false")
    return table(
        "Destinations",
        "Most people not reached first. The usual share is that of the day before the last hour. Since: the last time "
        "the share was no higher than the limit at which it turns red.",
        [Label("network", "Network", 130), Label("country", "Country", 180), Label("account", "Account")],
        [
            Column("Not reached", unreached),
            Column("Share", unreached_ratio(*PLACE), "percentunit", 1, marked(limit("undelivered_ratio"))),
            Column("Usual share", promql.usual_unreached_ratio(), "percentunit", 1),
            moment("Since", _since(), "over 6 hours ago"),
            Column("Change, 1 h", f"{unreached} - {people(*PLACE, reached='false', offset='1h')}"),
            Column("People", people(*PLACE)),
            Column("Messages", promql.recent_messages(*PLACE)),
        ],
        no_value=NO_RECORDS,
        sort=["-Not reached"],
    )


def _since() -> str:
    """When each failing destination began to fail, in milliseconds; 0 where that is over six hours ago."""
    ratio, highest = unreached_ratio(*PLACE), limit("undelivered_ratio")
    well = f"max_over_time((0 * ({ratio} <= {highest}) + time())[6h:2m])"
    return f"1000 * ({well} or 0 * {people(*PLACE)})\nand {ratio} > {highest}"


def _most(expr: str) -> str:
    """`expr` for the ten destinations that had most people not reached within the time shown."""
    metric = "betatel_telegram_recent_recipients"
    found = f'{metric}{{{ACCOUNT}, {DESTINATION}, reached="false"}}[$__range] @ end()'
    return f"{expr}\nand topk(10, max by ({', '.join(PLACE)}) (max_over_time({found})))"


def _heat() -> Json:
    return heatmap(
        "Share of people not reached",
        "The ten destinations with most people not reached in the time shown: the stronger the colour, the larger the "
        "share, up to one half.",
        {PLACE_NAME: _most(unreached_ratio(*PLACE))},
        unit="percentunit",
        no_value=NO_RECORDS,
        decimals=0,
        strongest=0.5,
    )


def _unreached() -> Json:
    return timeseries(
        "People not reached",
        "The same ten destinations.",
        {PLACE_NAME: _most(people(*PLACE, reached="false"))},
        no_value=NO_RECORDS,
        reach=10,
        figures=True,
    )


def _messages() -> Json:
    return timeseries(
        "Messages by status",
        "Recent messages to the chosen destinations by the status they have now.",
        {"{{status}}": promql.recent_messages("status")},
        no_value=NO_RECORDS,
        area=True,
        overrides=lines(STATUS),
    )


def _ratio() -> Json:
    return timeseries(
        "Share of people not reached, by account",
        "Of the people at the chosen destinations.",
        unreached_ratio("account"),
        unit="percentunit",
        no_value=NO_RECORDS,
        reach=limit("undelivered_ratio"),
    )


def _coverage() -> Json:
    return timeseries(
        "Coverage",
        "Share of the period's messages that were read. It falls below 100 % where the period has more messages than "
        "the pages that are read can hold.",
        latest("betatel_telegram_recent_coverage_ratio"),
        unit="percentunit",
        no_value=NO_RECORDS,
        max=1,
    )
