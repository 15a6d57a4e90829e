"""Where do messages get stuck?"""

from tools.dashboards import promql
from tools.dashboards.dashboard import dashboard, line, row
from tools.dashboards.looks import LIMITS, NO_TRAFFIC, STATUS, TEAL, drawn, lines
from tools.dashboards.panels import Panel, label, table, value
from tools.dashboards.promql import ARRIVED, IN_FLIGHT, STATUSES, UNDELIVERED, change, flow, records
from tools.dashboards.shared import oldest_pending

PENDING, SENT = (f"max by (account) ({promql.oldest_age(status)})" for status in IN_FLIGHT)
DRAIN = f"{records(*IN_FLIGHT)} * 3600\n/ ({flow(*ARRIVED, *UNDELIVERED, 'REVOKED')} > 0)"
NEWEST = promql.latest("betatel_telegram_newest_message_timestamp_seconds", "status")
FINAL = ("READ", "EXPIRED", "FAILED", "REVOKED")
SHRUNK = change("READ", "EXPIRED", "REVOKED", "FAILED", span="15m")

ACCOUNTS = table(
    "Accounts",
    "The last hour; the oldest PENDING message first. Time to drain: messages in flight at the pace of the last hour.",
    [
        label("account"),
        value("Created", flow(*STATUSES)),
        value("First delivered", flow(*ARRIVED)),
        value("Expired or failed", flow(*UNDELIVERED)),
        value("Undelivered", promql.UNDELIVERED_RATIO, "percentunit", 1),
        value("In flight", records(*IN_FLIGHT)),
        value("Oldest PENDING", PENDING, "dthms", 0, LIMITS["pending_seconds"]),
        value("Oldest SENT", SENT, "dthms", 0),
        value("Time to drain", DRAIN, "dthms", 0),
    ],
    sort=["-Oldest PENDING", "-Undelivered"],
)

RATIOS = [
    Panel(
        "Undelivered ratio, 1 h",
        "Expired or failed, as a share of the messages that ended in the hour before. Revoked ones do not count.",
        promql.UNDELIVERED_RATIO,
    ).timeseries(unit="percentunit", no_value=NO_TRAFFIC, reach=0.3),
    oldest_pending("{{account}}"),
    Panel(
        "Read ratio, 1 h",
        "Messages read for each message first delivered, in the hour before each point. It exceeds 100 % while people "
        "catch up on reading. A fall while traffic rises is typical of pumping fraud: nobody reads those codes.",
        promql.ended_ratio(["READ"], ARRIVED),
    ).timeseries(unit="percentunit", no_value=NO_TRAFFIC, reach=1),
]

FLOWS = [
    Panel(
        "Flows, messages an hour",
        "In the hour before each point. Created without delivered: stuck. Created with expired or failed: lost.",
        {"created": flow(*STATUSES), "DELIVERED": flow(*ARRIVED), "{{status}}": flow(*FINAL, each=True)},
    ).timeseries(decimals=0, overrides=[drawn("created", TEAL), *lines(STATUS)], figures=True),
    Panel(
        "Waiting messages",
        "Messages that wait to be sent (PENDING) and to be delivered (SENT).",
        {"{{status}}": promql.totals(*IN_FLIGHT)},
    ).timeseries(decimals=0, stacked="line", reach=10, overrides=lines(STATUS)),
]

TOTALS = [
    table(
        "Totals by status",
        "Delivery records of all time by their status now. PENDING, SENT and DELIVERED also fall in normal operation.",
        [
            label("account"),
            label("status"),
            value("Total", promql.totals(*STATUSES)),
            value("Change, 1 h", change(*STATUSES, span="1h")),
            value("Change, 24 h", change(*STATUSES, span="1d")),
            value("Newest", f"time() - {NEWEST}", "dthms", 0),
        ],
        sort=["Account", "Status"],
    ),
    Panel(
        "Totals that went down, 15 min",
        "These totals only grow. Below zero: the provider removed records, another account answers, or the API erred.",
        {"{{account}} {{status}}": f"{SHRUNK} < 0"},
    ).timeseries(no_value="no total went down", min=None, max=0),
]

DELIVERY = dashboard(
    "betatel-delivery",
    "Where do messages get stuck? What was created, how it ended, and what is still on its way.",
    line(6, ACCOUNTS),
    line(8, *RATIOS),
    *row("$account", line(9, *FLOWS, widths=(14, 10)), repeat="account"),
    *row("Totals, and totals that went down", line(11, *TOTALS, widths=(13, 11)), collapsed=True),
    since="24h",
)
