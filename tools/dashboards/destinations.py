"""Where do codes not arrive, and for how many people?"""

from tools.dashboards import alerts, promql
from tools.dashboards.dashboard import Line, account, chosen, dashboard
from tools.dashboards.looks import NO_RECORDS, STATUS, Json, lines
from tools.dashboards.panels import heatmap, stat, timeseries
from tools.dashboards.promql import ACCOUNT, DESTINATION, PLACE, latest, people, unreached_ratio
from tools.dashboards.shared import SEVERITIES, not_reached
from tools.dashboards.tables import Column, Label, moment, table

PLACE_NAME = "{{account}}: {{country}}, {{network}}"
POINTS = 150
CHANCE = 5
"""Fewer people may be chance."""
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
    unreached, usual = people(*PLACE, reached="false"), promql.usual_unreached_ratio()
    return table(
        "Destinations",
        "Worst first: by the alert that fires, then by people not reached. Usual: the share of the day before the "
        "last hour; excess: the people not reached who would have been, had it been as usual. Since: when no more "
        f"than twice the usual share were not reached, for destinations with at least {CHANCE} people beyond that.",
        [Label("network", "Network", 130), Label("country", "Country", 170), Label("account", "Account")],
        [
            Column(
                "Alert",
                alerts.ranks(*PLACE, where=alerts.OF_DESTINATIONS),
                "none",
                words=SEVERITIES,
                width=85,
            ),
            Column("Not reached", unreached),
            Column("Share", unreached_ratio(*PLACE), "percentunit", 1),
            Column("Usual", usual, "percentunit", 1),
            Column("Excess", f"round({unreached}\n- ({usual}) * {people(*PLACE)})"),
            moment("Since", _since(), "over 6 hours ago"),
            Column("Change, 1 h", f"{unreached} - {people(*PLACE, reached='false', offset='1h')}"),
            Column("Messages", promql.recent_messages(*PLACE)),
        ],
        no_value=NO_RECORDS,
        sort=["-Alert", "-Not reached"],
    )


def _since() -> str:
    """In milliseconds, 0 where it is over six hours ago."""
    twice = f"2 * ({promql.usual_unreached_ratio(at=' @ end()')})"
    well = f"max_over_time((0 * ({unreached_ratio(*PLACE)} <= {twice}) + time())[6h:3m])"
    beyond = f"{people(*PLACE, reached='false')} - {twice} * {people(*PLACE)} >= {CHANCE}"
    return f"1000 * ({well} or 0 * {people(*PLACE)})\nand {beyond}"


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
        points=POINTS,
        figures=True,
    )


def _messages() -> Json:
    return timeseries(
        "Messages by status",
        "Recent messages to the chosen destinations by the status they have now.",
        {"{{status}}": promql.recent_messages("status")},
        no_value=NO_RECORDS,
        area=True,
        points=POINTS,
        overrides=lines(STATUS),
    )


def _ratio() -> Json:
    return timeseries(
        "Share of people not reached, by account",
        "Of the people at the chosen destinations.",
        unreached_ratio("account"),
        unit="percentunit",
        no_value=NO_RECORDS,
        reach=0.3,
        points=POINTS,
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
