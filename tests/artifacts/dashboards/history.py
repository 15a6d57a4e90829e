"""A day of invented history, and the Prometheus that holds it.

Two replicas expose the same accounts, one of which another instance replaces; a stranger is scraped beside them.

shop   busy, with a budget; one query has not succeeded of late; a network dies; an alert fires
bank   busy, billed in two currencies, in a cool-down
quiet  has no traffic at all
gone   was like shop until it vanished
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.artifacts.dashboards.boards import Target, interpolated
from tests.support.waiting import wait_until
from tools.loopback import free_address
from tools.process import Process

MINUTE, HOUR, DAY = 60, 3600, 86_400
END = 1_736_942_400  # 2025-01-15T12:00:00Z
SPAN = 2 * HOUR
GONE_AT = END - 10 * MINUTE
REPLACED_AT = END - 30 * MINUTE
BROKEN_AT = END - 20 * MINUTE
"""When the network dies and the alert begins to fire."""
DIP_AT = END - 90 * MINUTE
"""One scrape at which FAILED of shop is 0."""
PARTLY = range(END - 100 * MINUTE, END - 70 * MINUTE)
"""When the query of READ fails for bank."""

JOB = "betatel"
STEADY, REPLACED, REPLACEMENT, STRANGER = (f"10.0.0.{host}:10742" for host in (1, 2, 3, 9))

CURRENCIES = {"shop": ("EUR",), "bank": ("EUR", "USD"), "quiet": ("EUR",), "gone": ("EUR",)}
ACCOUNTS = tuple(CURRENCIES)
REQUESTS = {"last5m": 50, "lasth": 600, "last24h": 12_100}
FAILED_RATIO = 0.2
PRICE = {"EUR": 0.05, "USD": 0.02}
"""A request of a busy account costs this."""
BUDGET = 500
TOTAL = 50_000
HOURLY = {"DELIVERED": 60, "READ": 420, "EXPIRED": 60, "FAILED": 30, "REVOKED": 30}
"""How much the totals of a busy account grow in an hour."""
IN_FLIGHT = {"PENDING": 12, "SENT": 30}
AGE = {"PENDING": 200, "SENT": 120}
QUERIES = ("stats/last5m", "tdr/PENDING", "tdr/FAILED", "tdr/recent")
STALE = ("shop", "tdr/FAILED")
STALE_SECONDS = 400
COOLDOWN = 120
PEOPLE = {"Alpha": 40, "Beta": 20}
"""Behind the recent records, by network; a tenth of them is not reached, and nobody on Beta once it is broken."""
COVERAGE = 0.9

Value = Callable[[int], float]
Alive = Callable[[int], bool]
Labels = Mapping[str, str]
Row = tuple[str, Labels, Alive, Value]


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
        expr = interpolated(target.expr, chosen)
        return self.instant(expr) if target.instant else self.range(expr)

    def instant(self, expr: str) -> list[Series]:
        return self._found("query", {"query": expr, "time": END}, lambda one: [one["value"]])

    def range(self, expr: str) -> list[Series]:
        span = {"query": expr, "start": END - SPAN, "end": END, "step": MINUTE}
        return self._found("query_range", span, lambda one: one["values"])

    def _found(self, path: str, parameters: Mapping[str, Any], values: Callable[[Any], Any]) -> list[Series]:
        response = self.client.get(f"/api/v1/{path}", params=dict(parameters))
        assert response.status_code == 200, f"{response.text}\n{parameters['query']}"
        return [
            Series(one["metric"], [(at, float(value)) for at, value in values(one)])
            for one in response.json()["data"]["result"]
        ]


@contextmanager
def prometheus(promtool: str, binary: str, folder: Path) -> Iterator[Past]:
    """The history becomes blocks of a new database, which a Prometheus that scrapes nothing serves."""
    (folder / "history.om").write_text(openmetrics())
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    blocks = [promtool, "tsdb", "create-blocks-from", "openmetrics", "-q", "history.om", "data"]
    subprocess.run(blocks, cwd=folder, check=True, timeout=120, capture_output=True)
    address = free_address()
    command = [
        binary,
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address={address}",
    ]
    with Process(command, cwd=folder), httpx.Client(base_url=f"http://{address}", trust_env=False) as client:
        wait_until(lambda: _ready(client))
        yield Past(client)


def openmetrics() -> str:
    """The history as OpenMetrics text: a day by four minutes, the last three hours by the minute."""
    times = [
        *range(END - DAY - 2 * HOUR, END - 3 * HOUR, 4 * MINUTE),
        *range(END - 3 * HOUR, END + 1, MINUTE),
    ]
    families: dict[str, list[str]] = {}
    for name, labels, alive, value in _series():
        pairs = ",".join(f'{label}="{text}"' for label, text in labels.items())
        series = f"{name}{{{pairs}}}"
        families.setdefault(name, []).extend(
            f"{series} {float(value(time))} {time}" for time in times if alive(time)
        )
    lines = (line for name, samples in families.items() for line in (f"# TYPE {name} unknown", *samples))
    return "\n".join([*lines, "# EOF", ""])


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").is_success
    except httpx.TransportError:
        return False


def _steady(value: float) -> Value:
    return lambda _: value


def _growing(at_end: float, hourly: float) -> Value:
    return lambda time: at_end + (time - END) * hourly / HOUR


def _behind(seconds: float) -> Value:
    """A time, that many seconds before now."""
    return lambda time: time - seconds


def _dipping(value: Value) -> Value:
    return lambda time: 0 if time == DIP_AT else value(time)


def _changing(before: float, after: float) -> Value:
    return lambda time: before if time < BROKEN_AT else after


def _series() -> Iterator[Row]:
    lives: dict[str, Alive] = {
        STEADY: lambda _: True,
        REPLACED: lambda time: time <= REPLACED_AT,
        REPLACEMENT: lambda time: time > REPLACED_AT,
    }
    for instance, alive in lives.items():
        target = {"job": JOB, "instance": instance}
        yield from _process(target, alive)
        for account in ACCOUNTS:
            yield from _account(account, target | {"account": account}, alive)
    yield from _scraped({"job": "node", "instance": STRANGER}, lambda _: True)
    yield from _ruled()


def _account(account: str, own: Labels, replica: Alive) -> Iterator[Row]:
    def alive(time: int) -> bool:
        return replica(time) and (account != "gone" or time <= GONE_AT)

    def read(time: int) -> bool:
        return alive(time) and time not in PARTLY

    for name, labels, value in (*_messages(account), *_collection(account)):
        partly = (account, name, labels.get("status")) == ("bank", "telegram_messages", "READ")
        yield f"betatel_{name}", {**own, **labels}, read if partly else alive, value


def _messages(account: str) -> Iterator[tuple[str, Labels, Value]]:
    busy = account != "quiet"
    for window, count in REQUESTS.items():
        requests = count * busy
        yield "telegram_requests", {"window": window}, _steady(requests)
        yield "telegram_transactions", {"window": window}, _steady(requests * (1 - FAILED_RATIO))
        for currency in CURRENCIES[account]:
            labels = {"window": window, "currency": currency}
            yield "telegram_amount", labels, _steady(requests * PRICE[currency])
    for status, hourly in HOURLY.items():
        total = _growing(TOTAL * busy, hourly * busy)
        dips = (account, status) == ("shop", "FAILED")
        yield "telegram_messages", {"status": status}, _dipping(total) if dips else total
        if busy:
            yield "telegram_newest_message_timestamp_seconds", {"status": status}, _behind(30)
    for status, waiting in IN_FLIGHT.items():
        yield "telegram_messages", {"status": status}, _steady(waiting * busy)
        if busy:
            yield "telegram_oldest_message_timestamp_seconds", {"status": status}, _behind(AGE[status])
    if account == "shop":
        yield "telegram_daily_budget_amount", {"currency": "EUR"}, _steady(BUDGET)
    if busy:
        yield from _recent()


def _recent() -> Iterator[tuple[str, Labels, Value]]:
    yield "telegram_recent_period_seconds", {}, _steady(30 * MINUTE)
    yield "telegram_recent_coverage_ratio", {}, _steady(COVERAGE)
    for network, people in PEOPLE.items():
        place = {"country": "Utopia", "network": network}
        dies = network == "Beta"
        unreached = _changing(people / 10, people if dies else people / 10)
        reached = _changing(people * 0.9, 0 if dies else people * 0.9)
        yield "telegram_recent_recipients", {**place, "reached": "false"}, unreached
        yield "telegram_recent_recipients", {**place, "reached": "true"}, reached
        for status in (*HOURLY, *IN_FLIGHT):
            yield "telegram_recent_messages", {**place, "status": status}, _steady(people)


def _collection(account: str) -> Iterator[tuple[str, Labels, Value]]:
    yield "up", {}, _steady(account != "shop")
    yield "scrape_duration_seconds", {}, _steady(0.2)
    for query in QUERIES:
        stale = (account, query) == STALE
        labels = {"query": query}
        yield "scrape_query_success", labels, _steady(not stale)
        yield "scrape_query_duration_seconds", labels, _steady(0.1)
        yield "last_success_timestamp_seconds", labels, _behind(STALE_SECONDS if stale else 0)
    for operation in ("stats", "tdr"):
        yield "api_requests_total", {"operation": operation}, _growing(9000, HOUR / 10)
        for reason in ("timeout", "unauthorized"):
            yield "api_failures_total", {"operation": operation, "reason": reason}, _growing(900, 12)
    if account == "bank":
        yield "api_cooldown_until_timestamp_seconds", {}, _behind(-COOLDOWN)


def _process(target: Labels, alive: Alive) -> Iterator[Row]:
    about = {"version": "1.2.3", "revision": "abc", "python_version": "3.13.0"}
    yield "betatel_exporter_build_info", {**target, **about}, alive, _steady(1)
    for operation in ("stats", "tdr"):
        for bound, share in (("0.1", 0.5), ("1.0", 1.0), ("+Inf", 1.0)):
            labels = {**target, "operation": operation, "le": bound}
            calls = _growing(9000 * share, share * HOUR / 10)
            yield "betatel_api_request_duration_seconds_bucket", labels, alive, calls
    yield from _scraped(target, alive)


def _scraped(target: Labels, alive: Alive) -> Iterator[Row]:
    """What Prometheus and the client library expose of every target, an exporter or not."""
    yield "up", target, alive, _steady(1)
    yield "scrape_duration_seconds", target, alive, _steady(0.3)
    yield "process_start_time_seconds", target, alive, _steady(END - DAY)
    yield "process_resident_memory_bytes", target, alive, _steady(60e6)
    yield "process_cpu_seconds_total", target, alive, _growing(900, HOUR / 50)


def _ruled() -> Iterator[Row]:
    """What the rules would have left."""
    fires = {"job": JOB, "alertstate": "firing"}
    place = {"country": "Utopia", "network": "Beta"}
    account = {"account": "shop"}
    for alert in (
        {"alertname": "BetatelDeliveryFailing", "severity": "critical", **account, **place},
        {"alertname": "BetatelMetricsStale", "severity": "warning", **account, "query": "tdr/FAILED"},
        {"alertname": "BetatelExporterDown", "severity": "critical", "instance": STEADY},
    ):
        yield "ALERTS", fires | alert, lambda time: time >= BROKEN_AT, _steady(1)
    for name in ACCOUNTS:
        labels = {"job": JOB, "account": name, "window": "lasth"}
        yield "account_window:betatel_telegram_requests:max", labels, lambda _: True, _steady(600)
