"""Do codes arrive, right now?"""

from tools.dashboards import alerts, looks, promql
from tools.dashboards.dashboard import Line, Section, account, dashboard, window
from tools.dashboards.looks import Json
from tools.dashboards.panels import lanes, stat, timeseries
from tools.dashboards.shared import (
    LONG_AGO,
    SEVERITIES,
    STATES,
    budget_used,
    not_reached,
    oldest_data,
    oldest_pending,
)
from tools.dashboards.tables import Column, Label, moment, table

NO_ALERTS = "no alert fires, or no rules loaded"

CHOSEN = "${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"
ACCOUNT = f"{CHOSEN}&var-account=${{__data.fields.Account:percentencode}}"
PLACE = (
    "var-country=${__data.fields.country:percentencode}&var-network=${__data.fields.network:percentencode}"
)


def overview() -> Json:
    return dashboard(
        "betatel-overview",
        "Betatel / Overview",
        "Do one-time codes arrive, right now? Accounts, worst first; open the row of an account for its graphs.",
        variables=[account(), window()],
        content=[
            Line(4, [(4, tile) for tile in _tiles()]),
            Line(6, [(24, _accounts())]),
            Line(8, [(12, _alerts()), (12, _all_ratios())]),
            Line(8, [(12, _lanes()), (12, _unreached())]),
            Section(
                "$account",
                [
                    Line(9, [(12, _failure_ratio()), (12, _requests())]),
                    Line(8, [(8, _outcomes()), (8, _compared()), (8, _oldest())]),
                ],
                repeat="account",
                collapsed=True,
            ),
        ],
        since="6h",
    )


def _tiles() -> list[Json]:
    least = looks.limit("outage_min_requests")
    ratios = (promql.worst(promql.failure_ratio(least_requests=one)) for one in (least, 0))
    return [
        stat(
            "Alerts",
            "Alerts of the shipped rules that fire for the chosen accounts. Which ones: the table below.",
            {severity: alerts.count(severity) for severity in ("critical", "warning")},
            unit="none",
            no_value="no rules loaded",
            steps=looks.ANY_IS_BAD,
            overrides=[looks.named("warning", thresholds=looks.thresholds(looks.ANY_NEEDS_A_LOOK))],
        ),
        stat(
            "Failure ratio, $window",
            "Share of the requests of the window that were not processed, in the account where it is highest, of those "
            f"with at least {least:g} requests if there are any. Codes that were processed and expired later are not in it.",
            "\nor on ()\n".join(ratios),
            unit="percentunit",
            no_value="no traffic known",
            steps=looks.judged(looks.limit("chronic_failure_ratio")),
            decimals=1,
        ),
        not_reached(more="betatel-destinations"),
        stat(
            "Spend, 24 h",
            "Billed in the last 24 hours, all chosen accounts together, each currency by itself.",
            {"{{currency}}": f"sum by (currency) ({promql.amount('last24h')})"},
            decimals=2,
            more="betatel-spend",
        ),
        budget_used(more="betatel-spend"),
        oldest_data(more="betatel-exporter"),
    ]


def _accounts() -> Json:
    links = [
        (name, f"/d/betatel-{name.lower()}?{ACCOUNT}")
        for name in ("Delivery", "Destinations", "Spend", "Exporter")
    ]
    ratio = looks.limit("chronic_failure_ratio")
    used = f"max by (account) ({promql.budget_used()})"
    return table(
        "Accounts",
        "Worst first: by the worst alert that fires, then by failure ratio. Unknown: none of the account's queries "
        "succeeds. Usual: the failure ratio of the 23 hours before the last. Undelivered: of the last hour. Red numbers "
        "are above the threshold of an alert, which also asks for enough messages and for time.",
        [Label("account", "Account", links=links)],
        [
            Column("State", alerts.states(), "none", words=STATES, width=90),
            moment("Alerting since", alerts.since("account", where=alerts.OF_ACCOUNTS), LONG_AGO),
            Column("Failed", promql.failure_ratio(), "percentunit", 1, looks.marked(ratio)),
            Column("Usual", promql.usual_failure_ratio(), "percentunit", 1),
            Column("Undelivered", promql.undelivered_ratio(), "percentunit", 1),
            Column("Not reached", promql.people("account", reached="false", where="")),
            Column("Requests", promql.requests()),
            Column("In flight", promql.records(*promql.IN_FLIGHT)),
            Column("Budget used", used, "percentunit", 0, looks.marked(looks.BUDGET)),
            Column(
                "Data age", promql.oldest_data_age(), "dthms", 0, looks.marked(looks.limit("stale_seconds"))
            ),
        ],
        no_value=looks.NO_EXPORTER,
        sort=["-State", "-Failed"],
    )


def _alerts() -> Json:
    links = [
        ("Runbook", alerts.runbook("${__value.text}")),
        ("Dashboard", f"/d/${{__data.fields.dashboard}}?{ACCOUNT}&{PLACE}"),
    ]
    return table(
        "Firing alerts",
        "The alerts of the shipped rules that fire now; a click on one leads to its runbook and its dashboard.",
        [
            Label("alert", "Alert", 190, links),
            Label("account", "Account"),
            Label("about", "About"),
            *(Label(hidden) for hidden in ("dashboard", "country", "network")),
        ],
        [
            Column(
                "Severity", alerts.described(alerts.ranks(*alerts.LABELS)), "none", words=SEVERITIES, width=85
            ),
            moment("Since", alerts.described(alerts.since(*alerts.LABELS)), LONG_AGO),
        ],
        no_value=NO_ALERTS,
        sort=["-Severity", "Since"],
    )


def _all_ratios() -> Json:
    return timeseries(
        "Failure ratio by account, $window",
        "Share of the requests of the window that were not processed. The dashed line is the threshold of "
        "BetatelHighFailureRatio.",
        promql.failure_ratio(),
        unit="percentunit",
        no_value=looks.NO_TRAFFIC,
        limit=looks.limit("chronic_failure_ratio"),
        figures=True,
    )


def _lanes() -> Json:
    return lanes(
        "Alerts over time",
        "When which alert of the shipped rules fired, coloured by severity.",
        {"{{account}} {{alertname}}": alerts.ranks("alertname", "account")},
        no_value=NO_ALERTS,
        words=SEVERITIES,
    )


def _unreached() -> Json:
    return timeseries(
        "People not reached, by account",
        "People behind the recent records, none of whose messages arrived.",
        promql.people("account", reached="false", where=""),
        no_value=looks.NO_RECORDS,
        reach=10,
        points=150,
        figures=True,
    )


def _failure_ratio() -> Json:
    least = looks.limit("outage_min_requests")
    return timeseries(
        "Failure ratio",
        "Share of requests that were not processed, over three windows. The band (Wilson score interval) is where the "
        "true ratio of the hour lies with 95 % confidence: wide while there is little traffic. Failures have really "
        f"risen where the whole band is above the line of 24 hours. 5 minutes are shown from {least:g} requests on.",
        {
            "1 h, 95 % from": promql.wilson("-", "lasth"),
            "1 h, 95 % to": promql.wilson("+", "lasth"),
            "5 min": promql.failure_ratio("last5m", least),
            "24 h": promql.failure_ratio("last24h"),
            "1 h": promql.failure_ratio("lasth"),
        },
        unit="percentunit",
        no_value=looks.NO_TRAFFIC,
        limit=looks.limit("chronic_failure_ratio"),
        overrides=[
            *looks.band("1 h, 95 % from", "1 h, 95 % to", looks.BLUE),
            looks.drawn("5 min", looks.GREY, width=1),
            looks.drawn("24 h", looks.TEAL, dashed=True),
            looks.drawn("1 h", looks.BLUE),
        ],
    )


def _requests() -> Json:
    return timeseries(
        "Requested and processed, $window",
        "The gap between the lines is what was requested and not processed. Each point is a whole window, so the lines "
        "also fall when old traffic leaves it.",
        {"requested": promql.requests(), "processed": promql.transactions()},
        overrides=[looks.drawn("requested", looks.TEAL), looks.drawn("processed", looks.BLUE, fill=25)],
    )


def _outcomes() -> Json:
    return timeseries(
        "How messages ended, 1 h",
        "Messages that were first delivered, expired, failed or were revoked in the hour before each point.",
        {
            "DELIVERED": promql.flow(*promql.ARRIVED),
            "{{status}}": promql.flows("EXPIRED", "FAILED", "REVOKED"),
        },
        area=True,
        overrides=looks.lines(looks.STATUS),
    )


def _compared() -> Json:
    return timeseries(
        "Requests, $window, against yesterday and last week",
        "The same time one day and one week before, from what this Prometheus has kept.",
        {
            "now": promql.requests(),
            "yesterday": promql.requests(offset="1d"),
            "last week": promql.requests(offset="1w"),
        },
        overrides=[
            looks.drawn("now", looks.BLUE, fill=15),
            looks.drawn("yesterday", looks.GREY),
            looks.drawn("last week", looks.GREY, dashed=True),
        ],
    )


def _oldest() -> Json:
    return oldest_pending("{{status}}", overrides=looks.lines(looks.STATUS))
