"""The tiles on top: one number per account, as it is at the end of the time range or not at all."""

from tools.dashboards import limits, queries
from tools.dashboards.fields import RED, UP_OR_DOWN, Json
from tools.dashboards.panels import Query, stat
from tools.dashboards.queries import ACCOUNT, END, current, latest

NO_TRAFFIC = "no traffic seen"
NO_DATA = "no data"


def api() -> Json:
    return stat(
        "API",
        "Whether every query of the latest collection succeeded. Down: at least one failed; its numbers are "
        "missing on these pages, not zero.",
        Query(current(latest("betatel_up"), latest("betatel_up", at=END))),
        unit="none",
        no_value="no exporter",
        absent=RED,
        steps=limits.NONE_IS_BAD,
        words=UP_OR_DOWN,
        more="betatel-exporter",
    )


def failure_ratio() -> Json:
    return stat(
        "Failure ratio, $window",
        "Share of the requests of the window that were not processed. A message that was processed and "
        "expired later is not in it: see Undelivered.",
        Query(current(queries.failure_ratio(), f"({queries.requests(at=END)} > 0)")),
        unit="percentunit",
        no_value=NO_TRAFFIC,
        steps=limits.FAILURE_RATIO,
        decimals=1,
        more="betatel-delivery",
    )


def undelivered() -> Json:
    ended = queries.flow(*queries.UNDELIVERED, *queries.ARRIVED, at=END)
    return stat(
        "Undelivered, 1 h",
        "Of the messages that came to an end within the last hour, the share that expired or failed. "
        "Revoking is the caller's choice and counts on neither side.",
        Query(current(queries.undelivered_share(), f"({ended} > 0)")),
        unit="percentunit",
        no_value=NO_TRAFFIC,
        steps=limits.UNDELIVERED_SHARE,
        decimals=1,
        more="betatel-delivery",
    )


def requests() -> Json:
    return stat(
        "Requests, $window",
        "One-time codes requested in the window.",
        Query(current(queries.requests(), queries.requests(at=END))),
        unit="short",
        no_value=NO_DATA,
    )


def in_flight() -> Json:
    return stat(
        "In flight",
        "Messages that are PENDING or SENT now: accepted, and neither delivered nor given up.",
        Query(current(queries.backlog(), queries.backlog(at=END))),
        unit="short",
        no_value=NO_DATA,
        more="betatel-delivery",
    )


def oldest() -> Json:
    metric = "betatel_telegram_oldest_message_timestamp_seconds"
    return stat(
        "Oldest in flight",
        "Age of the oldest message that is PENDING or SENT. Codes live for an hour at most: whoever waits "
        "longer waits in vain.",
        Query(current(f"max by (account) ({queries.oldest_age()})", latest(metric, at=END))),
        unit="s",
        no_value="none seen",
        steps=limits.OLDEST_SECONDS,
        decimals=0,
    )


def drain() -> Json:
    resolved = queries.flow(*queries.ARRIVED, *queries.UNDELIVERED, "REVOKED", at=END)
    return stat(
        "Time to drain",
        "How long the messages in flight would take at the pace at which messages came to an end in the "
        "last hour.",
        Query(current(queries.drain_seconds(), f"({resolved} > 0)")),
        unit="s",
        no_value=NO_TRAFFIC,
        steps=limits.DRAIN_SECONDS,
        decimals=0,
    )


def hourly(title: str, description: str, *statuses: str) -> Json:
    return stat(
        title,
        description,
        Query(current(queries.flow(*statuses), queries.flow(*statuses, at=END))),
        unit="short",
        no_value=NO_DATA,
        decimals=0,
    )


def spend(window: str, title: str) -> Json:
    return stat(
        title,
        "Billed in the window, each currency by itself.",
        Query(current(queries.amount(window), queries.amount(window, END)), "{{account}} {{currency}}"),
        unit="short",
        no_value=NO_DATA,
        decimals=2,
        overrides=limits.CURRENCIES,
        more="betatel-spend",
    )


def data_age() -> Json:
    metric = "betatel_last_success_timestamp_seconds"
    return stat(
        "Data age",
        "How long ago the query that is worst off last succeeded.",
        Query(current(queries.oldest_data_age(), latest(metric, at=END))),
        unit="s",
        no_value=NO_DATA,
        steps=limits.DATA_AGE_SECONDS,
        decimals=0,
        more="betatel-exporter",
    )


def alerts() -> Json:
    return stat(
        "Alerts firing",
        "Alerts of the shipped rules that fire for the chosen accounts now.",
        Query(queries.alert_count(), "alerts", instant=True),
        unit="none",
        no_value="no rules loaded",
        steps=limits.ANY_IS_BAD,
    )


def exporter() -> Json:
    return stat(
        "Exporter",
        "Whether Prometheus reached the exporter at its latest scrape.",
        Query(queries.reached(), "{{instance}}", instant=True),
        unit="none",
        no_value="no exporter",
        absent=RED,
        steps=limits.NONE_IS_BAD,
        words=UP_OR_DOWN,
    )


def collection() -> Json:
    metric = "betatel_scrape_duration_seconds"
    return stat(
        "Collection",
        "How long the latest collection took. It is cut off before Prometheus would give up.",
        Query(current(latest(metric), latest(metric, at=END))),
        unit="s",
        no_value=NO_DATA,
        steps=limits.COLLECTION_SECONDS,
        decimals=2,
    )


def failed_calls() -> Json:
    failures = f"increase(betatel_api_failures_total{{{ACCOUNT}}}[$__rate_interval])"
    return stat(
        "Failed calls",
        "HTTP requests to the API that failed lately, of every exporter by itself.",
        Query(f"sum by (account, instance) ({failures})", "{{account}} {{instance}}", instant=True),
        unit="short",
        no_value=NO_DATA,
        steps=limits.ANY_IS_BAD,
        decimals=0,
    )


def rate_limit() -> Json:
    """There is no such metric while nobody has to wait."""
    until = latest("betatel_api_cooldown_until_timestamp_seconds")
    return stat(
        "Rate limit",
        "Time until the exporter asks the API again, because the API told it to wait (Retry-After).",
        Query(f"{until} - time() > 0", instant=True),
        unit="s",
        no_value="none",
        steps=limits.ALWAYS_BAD,
        decimals=0,
    )
