"""A day of invented history, and what a Prometheus that holds it returns.

Two replicas expose the same accounts, one of which another instance replaces; a stranger is scraped beside them.

shop   busy, with a budget; one query has not succeeded of late; a network dies; alerts fire
bank   busy, billed in two currencies, in a cool-down
quiet  has no traffic at all
gone   was like shop until it vanished
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from tests.artifacts.dashboards.boards import Target, interpolated
from tools.dashboards.alerts import WITNESS

MINUTE, HOUR, DAY = 60, 3600, 86_400
END = 1_736_942_400  # 2025-01-15T12:00:00Z
TIMES = [*range(END - 26 * HOUR, END - 3 * HOUR, 4 * MINUTE), *range(END - 3 * HOUR, END + 1, MINUTE)]
GONE_AT, REPLACED_AT = END - 10 * MINUTE, END - 30 * MINUTE
BROKEN_AT = END - 20 * MINUTE
"""When the network dies and the alerts begin to fire."""
DIP_AT = END - 90 * MINUTE
"""One scrape at which FAILED of shop is 0."""
PARTLY = range(END - 100 * MINUTE, END - 70 * MINUTE)
"""When the query of READ fails for bank."""

STEADY, REPLACED, REPLACEMENT, STRANGER = (f"10.0.0.{host}:10742" for host in (1, 2, 3, 9))
CURRENCIES = {"shop": ("EUR",), "bank": ("EUR", "USD"), "quiet": ("EUR",), "gone": ("EUR",)}
REQUESTS = {"last5m": 50, "lasth": 600, "last24h": 12_100}
PRICE = {"EUR": 0.05, "USD": 0.02}
TOTAL = 50_000
HOURLY = {"DELIVERED": 60, "READ": 420, "EXPIRED": 60, "FAILED": 30, "REVOKED": 30}
"""How much the totals of a busy account grow in an hour."""
IN_FLIGHT = {"PENDING": (12, 200), "SENT": (30, 120)}
"""Messages, and the age of the oldest one in seconds."""
PEOPLE = {"Alpha": 40, "Beta": 20}
"""Recipients of the recent records by network; a tenth is not reached, and nobody on Beta once it is broken."""


class Row(NamedTuple):
    """Samples of a series from `first` to `last`; the value grows by `hourly` and would be `at_end` at the end."""

    name: str
    labels: dict[str, str]
    at_end: float
    hourly: float = 0
    first: int = 0
    last: int = END


@dataclass(frozen=True)
class Series:
    """What one query returned for one set of labels: (time, value) in seconds since the epoch."""

    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        return self.points[-1][1]


@dataclass(frozen=True)
class Past:
    """The history in a real Prometheus."""

    client: httpx.Client

    def ask(self, target: Target, **chosen: str) -> list[Series]:
        """What the panel shows when the time range ends with the history; `chosen` are values of variables."""
        return self.query(target.expr, instant=target.instant, **chosen)

    def query(self, expr: str, *, instant: bool = False, **chosen: str) -> list[Series]:
        path = "/api/v1/query" if instant else "/api/v1/query_range"
        span = {"time": END} if instant else {"start": END - 2 * HOUR, "end": END, "step": MINUTE}
        response = self.client.get(path, params={"query": interpolated(expr, **chosen), **span})
        assert response.is_success, f"{response.text}\n{expr}"
        return [
            Series(one["metric"], [(at, float(value)) for at, value in one.get("values") or [one["value"]]])
            for one in response.json()["data"]["result"]
        ]


def openmetrics() -> str:
    """The history as OpenMetrics text: a day by four minutes, the last three hours by the minute."""
    lines = []
    for row in _series():
        pairs = ",".join(f'{label}="{text}"' for label, text in row.labels.items())
        for time in TIMES:
            if row.first <= time <= row.last:
                value = row.at_end + (time - END) * row.hourly / HOUR
                lines.append(f"{row.name}{{{pairs}}} {float(value)} {time}")
    return "\n".join([*lines, "# EOF", ""])


def _series() -> Iterator[Row]:
    lives = {STEADY: (0, END), REPLACED: (0, REPLACED_AT), REPLACEMENT: (REPLACED_AT + MINUTE, END)}
    for instance, (first, last) in lives.items():
        for row in (*_process(), *_scraped(), *_accounts()):
            labels = {"job": "betatel", "instance": instance, **row.labels}
            yield row._replace(labels=labels, first=max(first, row.first), last=min(last, row.last))
    for row in _scraped():
        yield row._replace(labels={"job": "node", "instance": STRANGER})
    beta = {"account": "shop", "country": "Utopia", "network": "Beta"}
    for name, severity, labels in (
        ("BetatelDeliveryFailing", "critical", beta),
        ("BetatelMetricsStale", "warning", {"account": "shop", "query": "tdr/FAILED"}),
        ("BetatelExporterDown", "critical", {"instance": STEADY}),
    ):
        labels |= {"job": "betatel", "alertstate": "firing", "alertname": name, "severity": severity}
        yield Row("ALERTS", labels, 1, first=BROKEN_AT)
    for account in CURRENCIES:
        yield Row(WITNESS, {"job": "betatel", "account": account, "window": "lasth"}, 600)


def _accounts() -> Iterator[Row]:
    for account in CURRENCIES:
        last = GONE_AT if account == "gone" else END
        for row in (*_messages(account), *_recent(account), *_collection(account)):
            labels = {"account": account, **row.labels}
            yield row._replace(name=f"betatel_{row.name}", labels=labels, last=min(last, row.last))


def _messages(account: str) -> Iterator[Row]:
    busy = account != "quiet"
    for window, count in REQUESTS.items():
        yield Row("telegram_requests", {"window": window}, count * busy)
        yield Row("telegram_transactions", {"window": window}, 0.8 * count * busy)
        for currency in CURRENCIES[account]:
            labels = {"window": window, "currency": currency}
            yield Row("telegram_amount", labels, count * busy * PRICE[currency])
    for status, hourly in HOURLY.items():
        total = Row("telegram_messages", {"status": status}, TOTAL * busy, hourly * busy)
        if (account, status) == ("shop", "FAILED"):
            yield total._replace(last=DIP_AT - 1)
            yield Row(total.name, total.labels, 0, first=DIP_AT, last=DIP_AT)
            total = total._replace(first=DIP_AT + 1)
        if (account, status) == ("bank", "READ"):
            yield total._replace(last=PARTLY.start - 1)
            total = total._replace(first=PARTLY.stop)
        yield total
    for status, (count, age) in IN_FLIGHT.items():
        yield Row("telegram_messages", {"status": status}, count * busy)
        if busy:
            yield _ago("telegram_oldest_message", age, status=status)
    if busy:
        yield _ago("telegram_newest_message", 30, status="READ")
    if account in {"shop", "quiet"}:
        yield Row("telegram_daily_budget_amount", {"currency": "EUR"}, 500 * busy)


def _recent(account: str) -> Iterator[Row]:
    yield Row("telegram_recent_period_seconds", {}, 30 * MINUTE)
    yield Row("telegram_recent_coverage_ratio", {}, 0.9)
    for network, count in PEOPLE.items():
        people = count * (account != "quiet")
        place = {"country": "Utopia", "network": network}
        for reached, before, after in (("false", 0.1, 1), ("true", 0.9, 0)):
            labels = {**place, "reached": reached}
            last = BROKEN_AT - 1 if network == "Beta" else END
            yield Row("telegram_recent_recipients", labels, people * before, last=last)
            yield Row("telegram_recent_recipients", labels, people * after, first=last + 1)
        for status in (*HOURLY, *IN_FLIGHT):
            yield Row("telegram_recent_messages", {**place, "status": status}, people)


def _collection(account: str) -> Iterator[Row]:
    yield Row("up", {}, account != "shop")
    yield Row("scrape_duration_seconds", {}, 0.2)
    for query in ("stats/last5m", "tdr/PENDING", "tdr/FAILED", "tdr/recent"):
        stale = (account, query) == ("shop", "tdr/FAILED")
        yield Row("scrape_query_success", {"query": query}, not stale)
        yield Row("scrape_query_duration_seconds", {"query": query}, 0.1)
        yield _ago("last_success", 400 if stale else 0, query=query)
    for operation in ("stats", "tdr"):
        yield Row("api_requests_total", {"operation": operation}, 9000, 360)
        for reason in ("timeout", "unauthorized"):
            yield Row("api_failures_total", {"operation": operation, "reason": reason}, 900, 12)
    if account == "bank":
        yield _ago("api_cooldown_until", -120)


def _ago(name: str, seconds: float, **labels: str) -> Row:
    """A time, that many seconds before now."""
    return Row(f"{name}_timestamp_seconds", labels, END - seconds, HOUR)


def _process() -> Iterator[Row]:
    about = {"version": "1.2.3", "revision": "abc", "python_version": "3.13.0"}
    yield Row("betatel_exporter_build_info", about, 1)
    for operation in ("stats", "tdr"):
        for bound, share in (("0.1", 0.5), ("1.0", 1.0), ("+Inf", 1.0)):
            labels = {"operation": operation, "le": bound}
            yield Row("betatel_api_request_duration_seconds_bucket", labels, 9000 * share, 360 * share)


def _scraped() -> Iterator[Row]:
    """What Prometheus and the client library expose of every target, an exporter or not."""
    yield Row("up", {}, 1)
    yield Row("scrape_duration_seconds", {}, 0.3)
    yield Row("process_start_time_seconds", {}, END - DAY)
    yield Row("process_resident_memory_bytes", {}, 60e6)
    yield Row("process_cpu_seconds_total", {}, 900, 72)
