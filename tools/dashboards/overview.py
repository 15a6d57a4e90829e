"""Do codes arrive, right now?"""

from tools.dashboards import limits, queries, tiles
from tools.dashboards.dashboard import (
    Line,
    Section,
    account,
    currency,
    dashboard,
    datasource,
    instance,
    job,
    window,
)
from tools.dashboards.fields import (
    BLUE,
    FIRING,
    GREEN,
    GREY,
    ORANGE,
    RED,
    UP_OR_DOWN,
    Json,
    band,
    line,
    named,
)
from tools.dashboards.panels import Query, state_timeline, timeseries
from tools.dashboards.queries import latest
from tools.dashboards.tables import Column, table
from tools.dashboards.tiles import NO_DATA, NO_TRAFFIC


def overview() -> Json:
    return dashboard(
        "betatel-overview",
        "Betatel / Overview",
        "Do one-time codes arrive, right now? The tiles judge every account; below, each account has its "
        "graphs.",
        variables=[datasource(), job(), instance(), account(), window(), currency()],
        content=[
            Line(5, [(3, tile) for tile in _tiles()]),
            Section(
                "$account",
                [
                    Line(9, [(12, _failure_ratio()), (12, _requests())]),
                    Line(8, [(8, _outcomes()), (8, _compared()), (8, _oldest())]),
                ],
                repeat="account",
            ),
            Section(
                "All accounts, all alerts",
                [Line(8, [(12, _accounts()), (12, _alerts())])],
                collapsed=True,
            ),
        ],
        since="6h",
    )


def _tiles() -> list[Json]:
    return [
        tiles.api(),
        tiles.failure_ratio(),
        tiles.undelivered(),
        tiles.requests(),
        tiles.in_flight(),
        tiles.spend("$window", "Spend, $window"),
        tiles.data_age(),
        tiles.alerts(),
    ]


def _failure_ratio() -> Json:
    return timeseries(
        "Failure ratio",
        "Share of requests that were not processed, over three windows. The band (Wilson score interval) is "
        "where the true share of the hour lies with 95 % confidence: wide while there is little traffic. "
        "The failures have really risen where the whole band is above the 24 hour line.",
        [
            Query(queries.wilson("-", "lasth"), "1 h, 95 % from"),
            Query(queries.wilson("+", "lasth"), "1 h, 95 % to"),
            Query(queries.failure_ratio("last5m"), "5 min"),
            Query(queries.failure_ratio("last24h"), "24 h"),
            Query(queries.failure_ratio("lasth"), "1 h"),
        ],
        unit="percentunit",
        no_value=NO_TRAFFIC,
        overrides=[
            *band("1 h, 95 % from", "1 h, 95 % to", RED),
            named("5 min", line(GREY, width=1)),
            named("24 h", line(BLUE, dashed=True)),
            named("1 h", line(RED, width=3)),
        ],
    )


def _requests() -> Json:
    return timeseries(
        "Requested and processed, $window",
        "The gap between the lines is what was requested and not processed. Each point is a whole window, "
        "so the lines also fall when old traffic leaves it.",
        [Query(queries.requests(), "requested"), Query(queries.transactions(), "processed")],
        unit="short",
        no_value=NO_DATA,
        overrides=[named("requested", line(BLUE)), named("processed", line(GREEN, fill=25))],
    )


def _outcomes() -> Json:
    return timeseries(
        "How messages ended, 1 h",
        "What became of the messages that reached an end in the hour before each point.",
        [
            Query(queries.flow(*queries.ARRIVED), "delivered"),
            Query(queries.flow("EXPIRED"), "expired"),
            Query(queries.flow("FAILED"), "failed"),
            Query(queries.flow("REVOKED"), "revoked"),
        ],
        unit="short",
        no_value=NO_DATA,
        stacked=True,
        overrides=[
            named("delivered", line(GREEN)),
            named("expired", line(ORANGE)),
            named("failed", line(RED)),
            named("revoked", line(GREY)),
        ],
    )


def _compared() -> Json:
    return timeseries(
        "Requests, $window, against yesterday and last week",
        "The same time one day and one week before, from what this Prometheus has kept.",
        [
            Query(queries.requests(), "now"),
            Query(queries.requests(at=" offset 1d"), "yesterday"),
            Query(queries.requests(at=" offset 1w"), "last week"),
        ],
        unit="short",
        no_value=NO_DATA,
        overrides=[
            named("now", line(BLUE, fill=15)),
            named("yesterday", line(GREY)),
            named("last week", line(GREY, dashed=True)),
        ],
    )


def _oldest() -> Json:
    return timeseries(
        "Oldest message in flight",
        "Age of the oldest PENDING and of the oldest SENT message. Above the red line people wait in vain. "
        "One that is days old is a record that was never closed.",
        [Query(queries.oldest_age(), "{{status}}")],
        unit="s",
        no_value="none seen",
        limits=limits.OLDEST_SECONDS,
        overrides=[named("PENDING", line(ORANGE)), named("SENT", line(BLUE))],
    )


def _accounts() -> Json:
    ratio, undelivered = queries.failure_ratio(), queries.undelivered_share()
    return table(
        "Accounts",
        "The tiles as a table, for comparing accounts.",
        ["account"],
        [
            Column("API", latest("betatel_up"), "none", words=UP_OR_DOWN),
            Column("Failure ratio", ratio, "percentunit", 1, limits.FAILURE_RATIO),
            Column("Undelivered", undelivered, "percentunit", 1, limits.UNDELIVERED_SHARE),
            Column("Requested", queries.requests()),
            Column("Processed", queries.transactions()),
            Column("In flight", queries.backlog()),
            Column("Data age", queries.oldest_data_age(), "s", 0, limits.DATA_AGE_SECONDS),
        ],
        no_value="no exporter",
    )


def _alerts() -> Json:
    return state_timeline(
        "Alerts",
        "When which alert of the shipped rules fired.",
        [Query(queries.alerts(), "{{alertname}} {{account}}")],
        no_value="no alert fired, or no rules loaded",
        words=FIRING,
    )
