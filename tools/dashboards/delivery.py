"""Where do messages get stuck?"""

from tools.dashboards import limits, queries, tiles
from tools.dashboards.dashboard import Line, Section, account, dashboard, datasource, instance, job
from tools.dashboards.fields import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, Json, line, named
from tools.dashboards.panels import Query, bargauge, timeseries
from tools.dashboards.queries import ARRIVED, STATUSES, latest
from tools.dashboards.tables import Column, table
from tools.dashboards.tiles import NO_DATA, NO_TRAFFIC

TOTALS = latest("betatel_telegram_messages", "status")


def delivery() -> Json:
    return dashboard(
        "betatel-delivery",
        "Betatel / Delivery",
        "Where do messages get stuck? What came in, what became of it, and what is still on its way.",
        variables=[datasource(), job(), instance(), account()],
        content=[
            Line(5, [(4, tile) for tile in _tiles()]),
            Section(
                "$account",
                [
                    Line(10, [(14, _flows()), (10, _totals())]),
                    Line(8, [(8, _in_flight()), (8, _drain()), (8, _read_ratio())]),
                ],
                repeat="account",
            ),
            Section(
                "Latest messages, and totals that went down",
                [Line(9, [(12, _newest()), (12, _decreases())])],
                collapsed=True,
            ),
        ],
        since="24h",
    )


def _tiles() -> list[Json]:
    return [
        tiles.hourly("Created, 1 h", "Messages that came into being within the last hour.", *STATUSES),
        tiles.hourly("Delivered, 1 h", "Messages first delivered within the last hour.", *ARRIVED),
        tiles.undelivered(),
        tiles.in_flight(),
        tiles.oldest(),
        tiles.drain(),
    ]


def _flows() -> Json:
    return timeseries(
        "Flows, messages an hour",
        "How many messages were created, and how many came to each stage, in the hour before each point. "
        "Created without delivered: they are stuck. Created with expired: they are lost.",
        [
            Query(queries.flow(*STATUSES), "created"),
            Query(queries.flow(*ARRIVED), "first delivered"),
            Query(queries.flow("READ"), "read"),
            Query(queries.flow("EXPIRED"), "expired"),
            Query(queries.flow("FAILED"), "failed"),
            Query(queries.flow("REVOKED"), "revoked"),
        ],
        unit="short",
        no_value=NO_DATA,
        overrides=[
            named("created", line(BLUE)),
            named("first delivered", line(GREEN)),
            named("read", line(PURPLE, width=1)),
            named("expired", line(ORANGE)),
            named("failed", line(RED)),
            named("revoked", line(GREY, width=1)),
        ],
        figures=True,
    )


def _totals() -> Json:
    whole = f"sum by (account) ({TOTALS})"
    return table(
        "Totals by status",
        "Delivery records that have each status now, of all time, and how that changed. PENDING, SENT and "
        "DELIVERED fall while all is well: messages move on.",
        ["status"],
        [
            Column("Total", TOTALS, "locale"),
            Column("Share", f"{TOTALS}\n/ on (account) group_left () ({whole} > 0)", "percentunit", 1),
            Column("Change, 1 h", queries.change(*STATUSES, span="1h:1m"), "locale", 0),
            Column("Change, 24 h", queries.change(*STATUSES, span="24h:5m"), "locale", 0),
        ],
        no_value=NO_DATA,
    )


def _in_flight() -> Json:
    total = "betatel_telegram_messages"
    return timeseries(
        "Waiting messages",
        "Messages that wait to be sent (PENDING) and to be delivered (SENT).",
        [
            Query(latest(total, where='status="PENDING"'), "PENDING"),
            Query(latest(total, where='status="SENT"'), "SENT"),
        ],
        unit="short",
        no_value=NO_DATA,
        stacked=True,
        overrides=[named("PENDING", line(ORANGE)), named("SENT", line(BLUE))],
    )


def _drain() -> Json:
    return timeseries(
        "Time to drain the backlog",
        "How long the messages in flight take at the pace at which messages came to an end in the hour "
        "before.",
        [Query(queries.drain_seconds(), "at the pace of the last hour")],
        unit="s",
        no_value=NO_TRAFFIC,
        limits=limits.DRAIN_SECONDS,
    )


def _read_ratio() -> Json:
    return timeseries(
        "Read ratio",
        "Messages read for each message first delivered, in the hour before. Above 100 % people catch up on "
        "reading. A fall with a rise of traffic is typical of pumping fraud: nobody reads those codes.",
        [Query(queries.read_ratio(), "1 h")],
        unit="percentunit",
        no_value=NO_TRAFFIC,
        overrides=[named("1 h", line(PURPLE))],
    )


def _newest() -> Json:
    return bargauge(
        "Since the newest message by status",
        "How long ago the newest message that has this status was created. A long DELIVERED bar with "
        "traffic: nothing arrives any more.",
        Query(
            f"time() - {latest('betatel_telegram_newest_message_timestamp_seconds', 'status')}",
            "{{account}} {{status}}",
            instant=True,
        ),
        unit="s",
        no_value="no message yet",
        steps=((None, BLUE),),
    )


def _decreases() -> Json:
    return timeseries(
        "Totals that went down, 15 min",
        "These totals only ever grow. Below zero: the provider removed records, another account answers, or "
        "the API erred, and the flows above are wrong for an hour.",
        [Query(queries.fall("READ", "EXPIRED", "REVOKED", "FAILED"), "{{account}} {{status}}")],
        unit="short",
        no_value=NO_DATA,
        bottom=None,
    )
