"""Every metric of the exporter, and the way from snapshots to families. Pure: nothing here is kept between scrapes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from betatel_exporter.api.models import Operation, Reason, Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.calls import Telemetry
from betatel_exporter.collection import Snapshot


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric as users know it: its HELP is the meaning and the source."""

    name: str
    type: Literal["gauge", "counter", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    source: str
    """Endpoint and field of the provider's pages, or what of the exporter it comes from."""
    series: str
    """How many series it has."""

    @property
    def help(self) -> str:
        return f"{self.meaning} Source: {self.source}."


REQUESTS = Definition(
    "betatel_telegram_requests",
    "gauge",
    ("account", "window"),
    "OTP messages requested in the window that ends now. Windows overlap: never sum over window.",
    "POST /telegram/stats, total_requests",
    "accounts x windows",
)
TRANSACTIONS = Definition(
    "betatel_telegram_transactions",
    "gauge",
    ("account", "window"),
    "OTP messages of the window that were successfully processed. Windows overlap: never sum over window.",
    "POST /telegram/stats, total_transactions",
    "accounts x windows",
)
AMOUNT = Definition(
    "betatel_telegram_amount",
    "gauge",
    ("account", "window", "currency"),
    "Billed in the window, in units of the currency. Windows overlap: never sum over window.",
    "POST /telegram/stats, total_amount and currency",
    "accounts x windows x currencies",
)
MESSAGES = Definition(
    "betatel_telegram_messages",
    "gauge",
    ("account", "status"),
    "Delivery records that have this status now, over all time.",
    "POST /telegram/tdr filtered by status, total",
    "accounts x 7",
)
OLDEST = Definition(
    "betatel_telegram_oldest_message_timestamp_seconds",
    "gauge",
    ("account", "status"),
    "Creation time of the oldest message still in this status, in seconds since the epoch; absent when there is none.",
    "POST /telegram/tdr filtered by status, timestamp of the first record",
    "accounts x 2 (PENDING, SENT)",
)
NEWEST = Definition(
    "betatel_telegram_newest_message_timestamp_seconds",
    "gauge",
    ("account", "status"),
    "Creation time of the newest message in this status, in seconds since the epoch; absent when there is none.",
    "POST /telegram/tdr filtered by status, timestamp of the first record",
    "accounts x 5 (DELIVERED, READ, EXPIRED, REVOKED, FAILED)",
)
DAILY_BUDGET = Definition(
    "betatel_telegram_daily_budget_amount",
    "gauge",
    ("account", "currency"),
    "Budget for a day, in units of the currency; absent where none is configured.",
    "the setting daily_budget",
    "configured budgets",
)
UP = Definition(
    "betatel_up",
    "gauge",
    ("account",),
    "1 if every query of this collection succeeded, else 0.",
    "this collection",
    "accounts",
)
SCRAPE_DURATION = Definition(
    "betatel_scrape_duration_seconds",
    "gauge",
    ("account",),
    "How long this collection took.",
    "this collection",
    "accounts",
)
QUERY_SUCCESS = Definition(
    "betatel_scrape_query_success",
    "gauge",
    ("account", "query"),
    "1 if the query succeeded in this collection, else 0.",
    "this collection",
    "accounts x queries",
)
QUERY_DURATION = Definition(
    "betatel_scrape_query_duration_seconds",
    "gauge",
    ("account", "query"),
    "How long the query took in this collection, waiting for its turn included.",
    "this collection",
    "accounts x queries",
)
LAST_SUCCESS = Definition(
    "betatel_last_success_timestamp_seconds",
    "gauge",
    ("account", "query"),
    "When the query last succeeded, in seconds since the epoch; absent until it has.",
    "the exporter's memory",
    "accounts x queries",
)
API_REQUESTS = Definition(
    "betatel_api_requests_total",
    "counter",
    ("account", "operation"),
    "HTTP requests sent to the API.",
    "the exporter's own calls",
    "accounts x 2",
)
API_FAILURES = Definition(
    "betatel_api_failures_total",
    "counter",
    ("account", "operation", "reason"),
    "HTTP requests to the API that failed.",
    "the exporter's own calls",
    "accounts x 2 x 8",
)
API_DURATION = Definition(
    "betatel_api_request_duration_seconds",
    "histogram",
    ("operation",),
    "How long HTTP requests to the API took, failed ones included.",
    "the exporter's own calls",
    "2 x (buckets + 2)",
)
COOLDOWN = Definition(
    "betatel_api_cooldown_until_timestamp_seconds",
    "gauge",
    ("account",),
    "Until when the API asked not to be called, in seconds since the epoch; absent while nothing is being waited for.",
    "HTTP 429, header Retry-After",
    "accounts in cool-down",
)
BUILD_INFO = Definition(
    "betatel_exporter_build_info",
    "gauge",
    ("version", "revision", "python_version"),
    "Always 1; the labels say what is running.",
    "the exporter",
    "1",
)
WEB_CONFIG_RELOAD = Definition(
    "betatel_exporter_web_config_reload_success",
    "gauge",
    (),
    "1 if the web configuration file was read without a fault the last time it changed, else 0; absent without such a file.",
    "the file of --web.config.file",
    "0 or 1",
)

CATALOGUE = (
    REQUESTS, TRANSACTIONS, AMOUNT, MESSAGES, OLDEST, NEWEST, DAILY_BUDGET, UP, SCRAPE_DURATION, QUERY_SUCCESS,
    QUERY_DURATION, LAST_SUCCESS, API_REQUESTS, API_FAILURES, API_DURATION, COOLDOWN, BUILD_INFO, WEB_CONFIG_RELOAD,
)  # fmt: skip
"""All metrics but the client library's own process_* and python_*, in the order of the page."""


class _Families:
    """Families by definition, made when the first sample comes."""

    def __init__(self) -> None:
        self._families: dict[Definition, Metric] = {}

    def add(self, definition: Definition, value: float, *labels: str) -> None:
        samples = dict(zip(definition.labels, labels, strict=True))
        self.of(definition).add_sample(definition.name, samples, value)

    def of(self, definition: Definition) -> Metric:
        family = self._families.get(definition)
        if family is None:
            make = CounterMetricFamily if definition.type == "counter" else GaugeMetricFamily
            family = self._families[definition] = make(definition.name, definition.help)
        return family

    def in_order(self) -> list[Metric]:
        return [self._families[definition] for definition in CATALOGUE if definition in self._families]


def account_families(snapshots: Iterable[Snapshot], telemetry: Telemetry) -> list[Metric]:
    """All that is known of some accounts."""
    families = _Families()
    for snapshot in snapshots:
        _add_values(families, snapshot)
        _add_collection(families, snapshot)
        _add_calls(families, snapshot.account, telemetry)
    return families.in_order()


def process_families(telemetry: Telemetry) -> list[Metric]:
    """What the accounts of a process share."""
    family = HistogramMetricFamily(API_DURATION.name, API_DURATION.help, labels=API_DURATION.labels)
    for operation in Operation:
        durations = telemetry.durations[operation]
        family.add_metric([operation], buckets=list(durations.cumulative()), sum_value=durations.sum)
    return [family]


def build_family(version: str, revision: str, python_version: str) -> Metric:
    families = _Families()
    families.add(BUILD_INFO, 1, version, revision, python_version)
    return families.of(BUILD_INFO)


def web_config_family(reload_success: bool) -> Metric:
    families = _Families()
    families.add(WEB_CONFIG_RELOAD, reload_success)
    return families.of(WEB_CONFIG_RELOAD)


def _add_values(families: _Families, snapshot: Snapshot) -> None:
    account = snapshot.account
    for answer in snapshot.answers:
        match answer.query, answer.outcome:
            case StatsQuery(window=window), Stats(requests, transactions, amounts):
                families.add(REQUESTS, requests, account, window)
                families.add(TRANSACTIONS, transactions, account, window)
                for currency, amount in sorted(amounts.items()):
                    families.add(AMOUNT, amount, account, window, currency)
            case RecordsQuery(status=status), Records(total, edge):
                families.add(MESSAGES, total, account, status)
                if edge is not None:
                    families.add(OLDEST if status.in_flight else NEWEST, edge, account, status)
    for currency, amount in sorted((snapshot.daily_budget or {}).items()):
        families.add(DAILY_BUDGET, amount, account, currency)


def _add_collection(families: _Families, snapshot: Snapshot) -> None:
    account = snapshot.account
    families.add(UP, snapshot.up, account)
    families.add(SCRAPE_DURATION, snapshot.duration, account)
    for answer in snapshot.answers:
        families.add(QUERY_SUCCESS, answer.failure is None, account, answer.query.name)
        families.add(QUERY_DURATION, answer.duration, account, answer.query.name)
        if answer.query.name in snapshot.last_success:
            families.add(LAST_SUCCESS, snapshot.last_success[answer.query.name], account, answer.query.name)
    if snapshot.cooldown_until is not None:
        families.add(COOLDOWN, snapshot.cooldown_until, account)


def _add_calls(families: _Families, account: str, telemetry: Telemetry) -> None:
    calls = telemetry.calls[account]
    for operation in Operation:
        families.add(API_REQUESTS, calls.requests[operation], account, operation)
        for reason in Reason:
            families.add(API_FAILURES, calls.failures[operation, reason], account, operation, reason)
