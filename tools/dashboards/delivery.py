"""Where do messages get stuck?"""

from tools.dashboards import promql
from tools.dashboards.dashboard import Line, Section, account, dashboard
from tools.dashboards.looks import NO_TRAFFIC, STATUS, TEAL, Json, drawn, limit, lines, marked
from tools.dashboards.panels import timeseries
from tools.dashboards.promql import ARRIVED, IN_FLIGHT, STATUSES, UNDELIVERED
from tools.dashboards.shared import oldest_pending
from tools.dashboards.tables import Column, Label, table


def delivery() -> Json:
    return dashboard(
        "betatel-delivery",
        "Betatel / Delivery",
        "Where do messages get stuck? What was created, how it ended, and what is still on its way.",
        variables=[account()],
        content=[
            Line(6, [(24, _accounts())]),
            Line(8, [(8, _undelivered()), (8, oldest_pending("{{account}}")), (8, _read_ratio())]),
            Section("$account", [Line(9, [(14, _flows()), (10, _in_flight())])], repeat="account"),
            Section(
                "Totals, and totals that went down",
                [Line(11, [(13, _totals()), (11, _decreases())])],
                collapsed=True,
            ),
        ],
        since="24h",
    )


def _accounts() -> Json:
    pending, sent = (f"max by (account) ({promql.oldest_age(status)})" for status in IN_FLIGHT)
    return table(
        "Accounts",
        "The last hour; the account with the oldest PENDING message first. Red ages are above the threshold of an "
        "alert. Time to drain: the messages in flight at the pace of the last hour.",
        [Label("account", "Account")],
        [
            Column("Created", promql.flow(*STATUSES)),
            Column("First delivered", promql.flow(*ARRIVED)),
            Column("Expired or failed", promql.flow(*UNDELIVERED)),
            Column("Undelivered", promql.undelivered_ratio(), "percentunit", 1),
            Column("In flight", promql.records(*IN_FLIGHT)),
            Column("Oldest PENDING", pending, "dthms", 0, marked(limit("pending_seconds"))),
            Column("Oldest SENT", sent, "dthms", 0),
            Column("Time to drain", promql.drain_seconds(), "dthms", 0),
        ],
        sort=["-Oldest PENDING", "-Undelivered"],
    )


def _undelivered() -> Json:
    return timeseries(
        "Undelivered ratio, 1 h",
        "Of the messages that ended in the hour before each point, the share that expired or failed. Revoking is the "
        "caller's choice and counts on neither side.",
        promql.undelivered_ratio(),
        unit="percentunit",
        no_value=NO_TRAFFIC,
        reach=0.3,
    )


def _read_ratio() -> Json:
    return timeseries(
        "Read ratio, 1 h",
        "Messages read for each message first delivered, in the hour before each point. Above 100 % people catch up on "
        "reading. A fall while traffic rises is typical of pumping fraud: nobody reads those codes.",
        promql.read_ratio(),
        unit="percentunit",
        no_value=NO_TRAFFIC,
        reach=1,
    )


def _flows() -> Json:
    return timeseries(
        "Flows, messages an hour",
        "Messages created, and messages that reached each status, in the hour before each point. Created without "
        "delivered: they are stuck. Created with expired or failed: they are lost.",
        {
            "created": promql.flow(*STATUSES),
            "DELIVERED": promql.flow(*ARRIVED),
            "{{status}}": promql.flows("READ", "EXPIRED", "FAILED", "REVOKED"),
        },
        decimals=0,
        overrides=[drawn("created", TEAL), *lines(STATUS)],
        figures=True,
    )


def _in_flight() -> Json:
    return timeseries(
        "Waiting messages",
        "Messages that wait to be sent (PENDING) and to be delivered (SENT).",
        {"{{status}}": promql.totals(*IN_FLIGHT)},
        decimals=0,
        area=True,
        reach=10,
        overrides=lines(STATUS),
    )


def _totals() -> Json:
    newest = promql.latest("betatel_telegram_newest_message_timestamp_seconds", "status")
    return table(
        "Totals by status",
        "Delivery records that have each status now, over all time, how that changed, and how old the newest is. "
        "PENDING, SENT and DELIVERED fall while all is well: messages move on.",
        [Label("account", "Account"), Label("status", "Status")],
        [
            Column("Total", promql.totals(*STATUSES)),
            Column("Change, 1 h", promql.change(*STATUSES, span="1h")),
            Column("Change, 24 h", promql.change(*STATUSES, span="1d")),
            Column("Newest", f"time() - {newest}", "dthms", 0),
        ],
        sort=["Account", "Status"],
    )


def _decreases() -> Json:
    only_grow = promql.change("READ", "EXPIRED", "REVOKED", "FAILED", span="15m")
    return timeseries(
        "Totals that went down, 15 min",
        "These totals only ever grow. Below zero: the provider removed records, another account answers, or the API "
        "erred, and the flows have a gap.",
        {"{{account}} {{status}}": f"{only_grow} < 0"},
        no_value="no total went down",
        min=None,
        max=0,
    )
