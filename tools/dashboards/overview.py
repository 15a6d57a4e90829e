"""Do codes arrive, right now?"""

from tools.dashboards import alerts, looks, promql
from tools.dashboards.dashboard import dashboard, line, row
from tools.dashboards.looks import BLUE, GREY, LIMITS, NO_RECORDS, NO_TRAFFIC, STATUS, TEAL, drawn, lines
from tools.dashboards.panels import Panel, hidden, label, moment, table, value
from tools.dashboards.shared import budget_used, not_reached, oldest_data, oldest_pending
from tools.rules import tune

NO_ALERTS = "no alert fires, or no rules loaded"
LONG_AGO = "over a week ago"
LEAST = LIMITS["outage_min_requests"]
FAILING = LIMITS["chronic_failure_ratio"]
BUSY_WORST, WORST = (f"topk(1, {promql.failure_ratio(least_requests=least)})" for least in (LEAST, 0))
UNREACHED = promql.people("account", reached="false", where="")
BUDGET_USED = f"max by (account) ({promql.budget_used('')})"
SEVERITY, SINCE = (alerts.described(one(*alerts.LABELS)) for one in (alerts.ranks, alerts.since))

CHOSEN = (
    "${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"
    "&var-account=${__data.fields.Account:percentencode}"
)
PLACE = "&".join(f"var-{name}=${{__data.fields.{name}:percentencode}}" for name in ("country", "network"))
LINKS = [
    (name, f"/d/betatel-{name.lower()}?{CHOSEN}")
    for name in ("Delivery", "Destinations", "Spend", "Exporter")
]
ALERT_LINKS = [
    ("Runbook", f"{tune.current().runbooks}/Betatel${{__value.text}}.md"),
    ("Dashboard", f"/d/${{__data.fields.dashboard}}?{CHOSEN}&{PLACE}"),
]
EDGE = {
    "custom__lineWidth": 0,
    "custom__fillOpacity": 0,
    "custom__hideFrom": {"legend": True, "tooltip": False, "viz": False},
}
BAND = {**EDGE, "custom__fillBelowTo": "1 h, 95 % from", "custom__fillOpacity": 20}

TILES = [
    Panel(
        "Alerts",
        "Alerts of the shipped rules that fire for the chosen accounts. The table below names them.",
        {severity: alerts.count(severity) for severity in ("critical", "warning")},
    ).stat(
        unit="none",
        no_value="no rules loaded",
        limit=looks.ANY,
        overrides=[looks.named("warning", thresholds=looks.thresholds(looks.GREEN, looks.ANY, looks.ORANGE))],
    ),
    Panel(
        "Failure ratio, $window",
        "Share of the window's requests that were not processed, in the account where it is highest, "
        f"of those with at least {LEAST:g} requests if there are any.",
        f"{BUSY_WORST}\nor on ()\n{WORST}",
    ).stat(unit="percentunit", no_value="no traffic known", limit=FAILING, decimals=1),
    not_reached(more="betatel-destinations"),
    Panel(
        "Spend, 24 h",
        "Billed in the last 24 hours, all chosen accounts together, each currency by itself.",
        {"{{currency}}": f"sum by (currency) ({promql.amount('last24h', '')})"},
    ).stat(decimals=2, more="betatel-spend"),
    budget_used("", more="betatel-spend"),
    oldest_data(more="betatel-exporter"),
]

ACCOUNTS = table(
    "Accounts",
    "Worst first: by alert, then by failure ratio. Unknown: no query of the account succeeds. Usual: the failure ratio "
    "of the 23 hours before the last. Red: above the threshold of an alert, which also requires traffic and a duration.",
    [
        label("account", links=LINKS),
        value("State", alerts.states(), "none", words=alerts.STATES, width=90),
        moment("Alerting since", alerts.since("account", where=alerts.OF_ACCOUNTS), LONG_AGO),
        value("Failed", promql.failure_ratio(), "percentunit", 1, FAILING),
        value("Usual", promql.USUAL_FAILURE_RATIO, "percentunit", 1),
        value("Undelivered", promql.UNDELIVERED_RATIO, "percentunit", 1),
        value("Not reached", UNREACHED),
        value("Requests", promql.requests()),
        value("In flight", promql.records(*promql.IN_FLIGHT)),
        value("Budget used", BUDGET_USED, "percentunit", 0, looks.BUDGET),
        value("Data age", promql.OLDEST_DATA_AGE, "dthms", 0, LIMITS["stale_seconds"]),
    ],
    no_value=looks.NO_EXPORTER,
    sort=["-State", "-Failed"],
)

NOW = [
    table(
        "Firing alerts",
        "Alerts of the shipped rules that fire now. Click an alert for its runbook and its dashboard.",
        [
            label("alert", width=190, links=ALERT_LINKS),
            label("account"),
            label("about"),
            *(hidden(field) for field in ("dashboard", "country", "network")),
            value("Severity", SEVERITY, "none", words=alerts.SEVERITIES, width=85),
            moment("Since", SINCE, LONG_AGO),
        ],
        no_value=NO_ALERTS,
        sort=["-Severity", "Since"],
    ),
    Panel(
        "Failure ratio by account, $window",
        "Share of the window's requests that were not processed. Dashed: the threshold of BetatelHighFailureRatio.",
        promql.failure_ratio(),
    ).timeseries(unit="percentunit", no_value=NO_TRAFFIC, limit=FAILING, figures=True),
]

LATELY = [
    Panel(
        "Alerts over time",
        "When each alert of the shipped rules fired, coloured by severity.",
        {"{{account}} {{alertname}}": alerts.ranks("alertname", "account")},
    ).lanes(no_value=NO_ALERTS, words=alerts.SEVERITIES),
    Panel(
        "People not reached, by account",
        "Recipients of the recent records who got none of their messages.",
        UNREACHED,
    ).timeseries(no_value=NO_RECORDS, reach=10, points=150, figures=True),
]

REQUESTS = [
    Panel(
        "Failure ratio",
        "Share of requests that were not processed. The band is the 95 % confidence interval (Wilson) of the hour: failures "
        f"have risen significantly where all of it is above the 24 h line. 5 min: from {LEAST:g} requests on.",
        {
            "1 h, 95 % from": promql.wilson("-", "lasth"),
            "1 h, 95 % to": promql.wilson("+", "lasth"),
            "5 min": promql.failure_ratio("last5m", LEAST),
            "24 h": promql.failure_ratio("last24h"),
            "1 h": promql.failure_ratio("lasth"),
        },
    ).timeseries(
        unit="percentunit",
        no_value=NO_TRAFFIC,
        limit=FAILING,
        overrides=[
            drawn("1 h, 95 % from", BLUE, **EDGE),
            drawn("1 h, 95 % to", BLUE, **BAND),
            drawn("5 min", GREY, custom__lineWidth=1),
            drawn("24 h", TEAL, **looks.DASHED),
            drawn("1 h", BLUE),
        ],
    ),
    Panel(
        "Requested and processed, $window",
        "The gap was requested and not processed. Each point is a whole window: lines also fall when old traffic leaves it.",
        {"requested": promql.requests(), "processed": promql.transactions()},
    ).timeseries(overrides=[drawn("requested", TEAL), drawn("processed", BLUE, custom__fillOpacity=25)]),
]

MESSAGES = [
    Panel(
        "How messages ended, 1 h",
        "Messages that were first delivered, expired, failed or were revoked in the hour before each point.",
        {
            "DELIVERED": promql.flow(*promql.ARRIVED),
            "{{status}}": promql.flow("EXPIRED", "FAILED", "REVOKED", each=True),
        },
    ).timeseries(stacked="line", overrides=lines(STATUS)),
    Panel(
        "Requests, $window, against yesterday and last week",
        "The same time one day and one week before, as far back as this Prometheus has data.",
        {
            "now": promql.requests(),
            "yesterday": promql.requests(offset="1d"),
            "last week": promql.requests(offset="1w"),
        },
    ).timeseries(
        overrides=[
            drawn("now", BLUE, custom__fillOpacity=15),
            drawn("yesterday", GREY),
            drawn("last week", GREY, **looks.DASHED),
        ]
    ),
    oldest_pending("{{status}}", overrides=lines(STATUS)),
]

OVERVIEW = dashboard(
    "betatel-overview",
    "Do one-time codes arrive, right now? Accounts, worst first; open the row of an account for its graphs.",
    line(4, *TILES),
    line(6, ACCOUNTS),
    line(8, *NOW),
    line(8, *LATELY),
    *row("$account", line(9, *REQUESTS), line(8, *MESSAGES), repeat="account", collapsed=True),
    variables=[looks.FIXED["window_variable"]],
    since="6h",
)
