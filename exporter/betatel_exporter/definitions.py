"""Every metric of the exporter: name, labels, HELP, type."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A metric as users know it: HELP is the meaning and, for values from the API, their source."""

    name: str
    labels: tuple[str, ...]
    meaning: str
    source: str = ""
    """Endpoint and field of the provider's pages; empty for the exporter's own values."""
    type: Literal["gauge", "counter", "histogram"] = "gauge"

    @property
    def help(self) -> str:
        return f"{self.meaning} Source: {self.source}." if self.source else self.meaning


REQUESTS = Definition(
    "betatel_telegram_requests",
    ("account", "window"),
    "OTP messages requested in the window that ends now. Windows overlap: never sum over window.",
    "POST /telegram/stats, total_requests",
)
TRANSACTIONS = Definition(
    "betatel_telegram_transactions",
    ("account", "window"),
    "OTP messages of the window that were successfully processed. Windows overlap: never sum over window.",
    "POST /telegram/stats, total_transactions",
)
AMOUNT = Definition(
    "betatel_telegram_amount",
    ("account", "window", "currency"),
    "Amount billed in the window, in units of the currency. Windows overlap: never sum over window.",
    "POST /telegram/stats, total_amount and currency",
)
MESSAGES = Definition(
    "betatel_telegram_messages",
    ("account", "status"),
    "Delivery records that are in this status now, over all time.",
    "POST /telegram/tdr filtered by status, total",
)
OLDEST = Definition(
    "betatel_telegram_oldest_message_timestamp_seconds",
    ("account", "status"),
    "Oldest message still in this status (PENDING or SENT): creation time in seconds since the epoch; absent if none.",
    "POST /telegram/tdr filtered by status, timestamp of the first record",
)
NEWEST = Definition(
    "betatel_telegram_newest_message_timestamp_seconds",
    ("account", "status"),
    "Newest message in this status (other than PENDING and SENT): creation time in seconds since the epoch; absent if none.",
    "POST /telegram/tdr filtered by status, timestamp of the first record",
)
RECENT_MESSAGES = Definition(
    "betatel_telegram_recent_messages",
    ("account", "country", "network", "status"),
    "Recent messages by destination and current status, including zeros.",
    "POST /telegram/tdr newest first, country, network, status and timestamp of the records",
)
RECENT_RECIPIENTS = Definition(
    "betatel_telegram_recent_recipients",
    ("account", "country", "network", "reached"),
    "Distinct recipients of the recent messages, reached by at least one of them (DELIVERED or READ) or by none.",
    "POST /telegram/tdr newest first, to (only counted, never kept), country, network and status of the records",
)
RECENT_PERIOD = Definition(
    "betatel_telegram_recent_period_seconds",
    ("account",),
    "Age up to which messages count as recent, in seconds.",
    "POST /telegram/tdr newest first, timestamp of the records",
)
RECENT_COVERAGE = Definition(
    "betatel_telegram_recent_coverage_ratio",
    ("account",),
    "Share of the recent messages that were read: 1 is all of them, less is an evenly spread sample.",
    "POST /telegram/tdr newest first, total and timestamp of the records",
)
DAILY_BUDGET = Definition(
    "betatel_telegram_daily_budget_amount",
    ("account", "currency"),
    "Budget for a day, in units of the currency; absent if none is configured.",
)
UP = Definition("betatel_up", ("account",), "1 if every query of this scrape succeeded, else 0.")
SCRAPE_DURATION = Definition(
    "betatel_scrape_duration_seconds", ("account",), "Duration of this scrape for the account, in seconds."
)
QUERY_SUCCESS = Definition(
    "betatel_scrape_query_success", ("account", "query"), "1 if the query succeeded, else 0."
)
QUERY_DURATION = Definition(
    "betatel_scrape_query_duration_seconds",
    ("account", "query"),
    "Duration of the query, including the wait for a slot, in seconds.",
)
LAST_SUCCESS = Definition(
    "betatel_last_success_timestamp_seconds",
    ("account", "query"),
    "When the query last succeeded, in seconds since the epoch; absent until the first success.",
)
API_REQUESTS = Definition(
    "betatel_api_requests_total", ("account", "operation"), "HTTP requests sent to the API.", type="counter"
)
API_FAILURES = Definition(
    "betatel_api_failures_total",
    ("account", "operation", "reason"),
    "HTTP requests to the API that failed or could not be sent.",
    type="counter",
)
API_DURATION = Definition(
    "betatel_api_request_duration_seconds",
    ("operation",),
    "Duration of HTTP requests to the API, including failed ones, in seconds.",
    type="histogram",
)
COOLDOWN = Definition(
    "betatel_api_cooldown_until_timestamp_seconds",
    ("account",),
    "End of the cool-down that the API asked for, in seconds since the epoch; absent outside a cool-down.",
    "HTTP 429, header Retry-After",
)
BUILD_INFO = Definition(
    "betatel_exporter_build_info",
    ("version", "revision", "python_version"),
    "Always 1; version, revision and Python version are labels.",
)
WEB_CONFIG_RELOAD = Definition(
    "betatel_exporter_web_config_reload_success",
    (),
    "1 if the last change of the web configuration file was loaded, else 0; absent without such a file.",
)

CATALOGUE = tuple(each for each in [*vars().values()] if isinstance(each, Definition))
"""All metrics but the client library's own process_* and python_*, in the order of the page."""
