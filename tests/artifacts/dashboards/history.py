"""A day of invented history, and what a Prometheus that holds it returns.

Two replicas expose the same accounts, one of which another instance replaces; a stranger is scraped beside them.

shop   busy, with a budget; one query has not succeeded of late; a network dies; alerts fire
bank   busy, billed in two currencies, in a cool-down
quiet  has no traffic at all
gone   was like shop until it vanished
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from tests.artifacts.dashboards.boards import Target, interpolated
from tools.dashboards.alerts import WITNESS

MINUTE, HOUR, DAY = 60, 3600, 86_400
END = 1_736_942_400  # 2025-01-15T12:00:00Z
TIMES = [*range(END - 26 * HOUR, END - 3 * HOUR, 4 * MINUTE), *range(END - 3 * HOUR, END + 1, MINUTE)]
GONE_AT = END - 10 * MINUTE
REPLACED_AT = END - 30 * MINUTE
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

Value = float | Callable[[int], float | None]
"""Of a series, at a time if it varies; None where it has no sample."""
Row = tuple[str, dict[str, str], Value]


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
    families: dict[str, list[str]] = {}
    for name, labels, value in _series():
        pairs = ",".join(f'{label}="{text}"' for label, text in labels.items())
        samples = families.setdefault(name, [f"# TYPE {name} unknown"])
        numbers = ((time, _at(value, time)) for time in TIMES)
        samples += [f"{name}{{{pairs}}} {float(one)} {time}" for time, one in numbers if one is not None]
    return "\n".join([*(line for lines in families.values() for line in lines), "# EOF", ""])


def _at(value: Value, time: int) -> float | None:
    return value(time) if callable(value) else value


def _growing(at_end: float, hourly: float) -> Value:
    return lambda time: at_end + (time - END) * hourly / HOUR


def _ago(seconds: float) -> Value:
    """A time, that many seconds before now."""
    return lambda time: time - seconds


def _broken(before: float, after: float) -> Value:
    return lambda time: before if time < BROKEN_AT else after


def _within(first: int, last: int, value: Value) -> Value:
    return lambda time: _at(value, time) if first <= time <= last else None


def _series() -> Iterator[Row]:
    lives = {STEADY: (0, END), REPLACED: (0, REPLACED_AT), REPLACEMENT: (REPLACED_AT + MINUTE, END)}
    for instance, life in lives.items():
        for name, labels, value in (*_process(), *_scraped(), *_accounts()):
            yield name, {"job": "betatel", "instance": instance, **labels}, _within(*life, value)
    for name, _, value in _scraped():
        yield name, {"job": "node", "instance": STRANGER}, value
    ruled = {"job": "betatel", "alertstate": "firing"}
    beta = {"account": "shop", "country": "Utopia", "network": "Beta"}
    for name, severity, labels in (
        ("BetatelDeliveryFailing", "critical", beta),
        ("BetatelMetricsStale", "warning", {"account": "shop", "query": "tdr/FAILED"}),
        ("BetatelExporterDown", "critical", {"instance": STEADY}),
    ):
        yield (
            "ALERTS",
            {**ruled, "alertname": name, "severity": severity, **labels},
            _within(BROKEN_AT, END, 1),
        )
    for account in CURRENCIES:
        yield WITNESS, {"job": "betatel", "account": account, "window": "lasth"}, 600


def _accounts() -> Iterator[Row]:
    for account in CURRENCIES:
        last = GONE_AT if account == "gone" else END
        for name, labels, value in (*_messages(account), *_recent(account), *_collection(account)):
            yield f"betatel_{name}", {"account": account, **labels}, _within(0, last, value)


def _messages(account: str) -> Iterator[Row]:
    busy = account != "quiet"
    for window, count in REQUESTS.items():
        yield "telegram_requests", {"window": window}, count * busy
        yield "telegram_transactions", {"window": window}, 0.8 * count * busy
        for currency in CURRENCIES[account]:
            labels = {"window": window, "currency": currency}
            yield "telegram_amount", labels, count * busy * PRICE[currency]
    for status in HOURLY:
        yield "telegram_messages", {"status": status}, _total(account, status)
    for status, (count, age) in IN_FLIGHT.items():
        yield "telegram_messages", {"status": status}, count * busy
        if busy:
            yield "telegram_oldest_message_timestamp_seconds", {"status": status}, _ago(age)
    if busy:
        yield "telegram_newest_message_timestamp_seconds", {"status": "READ"}, _ago(30)
    if account in {"shop", "quiet"}:
        yield "telegram_daily_budget_amount", {"currency": "EUR"}, 500 * busy


def _total(account: str, status: str) -> Value:
    def at(time: int) -> float | None:
        if account == "quiet" or (account, status, time) == ("shop", "FAILED", DIP_AT):
            return 0
        if (account, status) == ("bank", "READ") and time in PARTLY:
            return None
        return TOTAL + (time - END) * HOURLY[status] / HOUR

    return at


def _recent(account: str) -> Iterator[Row]:
    yield "telegram_recent_period_seconds", {}, 30 * MINUTE
    yield "telegram_recent_coverage_ratio", {}, 0.9
    for network, count in PEOPLE.items():
        people = count * (account != "quiet")
        alive = people * (network != "Beta")
        place = {"country": "Utopia", "network": network}
        unreached = _broken(people / 10, people - 0.9 * alive)
        yield "telegram_recent_recipients", {**place, "reached": "false"}, unreached
        yield "telegram_recent_recipients", {**place, "reached": "true"}, _broken(people * 0.9, alive * 0.9)
        for status in (*HOURLY, *IN_FLIGHT):
            yield "telegram_recent_messages", {**place, "status": status}, people


def _collection(account: str) -> Iterator[Row]:
    yield "up", {}, account != "shop"
    yield "scrape_duration_seconds", {}, 0.2
    for query in ("stats/last5m", "tdr/PENDING", "tdr/FAILED", "tdr/recent"):
        stale = (account, query) == ("shop", "tdr/FAILED")
        yield "scrape_query_success", {"query": query}, not stale
        yield "scrape_query_duration_seconds", {"query": query}, 0.1
        yield "last_success_timestamp_seconds", {"query": query}, _ago(400 if stale else 0)
    for operation in ("stats", "tdr"):
        yield "api_requests_total", {"operation": operation}, _growing(9000, HOUR / 10)
        for reason in ("timeout", "unauthorized"):
            yield "api_failures_total", {"operation": operation, "reason": reason}, _growing(900, 12)
    if account == "bank":
        yield "api_cooldown_until_timestamp_seconds", {}, _ago(-120)


def _process() -> Iterator[Row]:
    about = {"version": "1.2.3", "revision": "abc", "python_version": "3.13.0"}
    yield "betatel_exporter_build_info", about, 1
    for operation in ("stats", "tdr"):
        for bound, share in (("0.1", 0.5), ("1.0", 1.0), ("+Inf", 1.0)):
            calls = _growing(9000 * share, share * HOUR / 10)
            yield "betatel_api_request_duration_seconds_bucket", {"operation": operation, "le": bound}, calls


def _scraped() -> Iterator[Row]:
    """What Prometheus and the client library expose of every target, an exporter or not."""
    yield "up", {}, 1
    yield "scrape_duration_seconds", {}, 0.3
    yield "process_start_time_seconds", {}, END - DAY
    yield "process_resident_memory_bytes", {}, 60e6
    yield "process_cpu_seconds_total", {}, _growing(900, HOUR / 50)
