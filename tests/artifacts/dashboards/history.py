"""A week of invented history: three instances expose the same accounts, and a stranger is scraped beside them.

shop   busy, with a budget; one query has not succeeded of late
bank   busy, billed in two currencies, told by the API to wait
quiet  has no traffic at all
gone   was like shop until ten minutes before the end, when it vanished
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86_400
END = 1_736_942_400  # 2025-01-15T12:00:00Z
SPAN = 2 * HOUR
GONE_AT = END - 10 * MINUTE
REPLACED_AT = END - 30 * MINUTE

JOB = "betatel"
INSTANCES = ("10.0.0.1:10742", "10.0.0.2:10742", "10.0.0.3:10742")
REPLACEMENT = "10.0.0.4:10742"
"""Takes over from the last of INSTANCES at REPLACED_AT."""
STRANGER = {"job": "node", "instance": "10.0.0.9:9100"}

CURRENCIES = {"shop": ("EUR",), "bank": ("EUR", "USD"), "quiet": ("EUR",), "gone": ("EUR",)}
ACCOUNTS = tuple(CURRENCIES)

REQUESTS = {"last5m": 50, "lasth": 600, "last24h": 12_100}
FAILED_SHARE = 0.2
PRICE = {"EUR": 0.05, "USD": 0.02}
"""A request of a busy account costs this."""
BUDGET = 500
TOTAL = 50_000
HOURLY = {"DELIVERED": 60, "READ": 420, "EXPIRED": 60, "FAILED": 30, "REVOKED": 30}
"""How much the totals of a busy account grow in an hour."""
WAITING = {"PENDING": 12, "SENT": 30}
AGE = {"PENDING": 200, "SENT": 120}
QUERIES = ("stats/last5m", "tdr/PENDING", "tdr/FAILED")
DIP_AT = END - 90 * MINUTE
"""One scrape at which FAILED of shop is told as 0."""
PARTLY = range(END - 100 * MINUTE, END - 70 * MINUTE)
"""When the query of READ fails for bank."""
STALE_QUERY = "tdr/FAILED"
STALE_SECONDS = 400
COOLDOWN = 120

Value = Callable[[int], float]


def steady(value: float) -> Value:
    return lambda _: float(value)


def growing(at_end: float, hourly: float) -> Value:
    return lambda time: at_end + (time - END) * hourly / HOUR


def dipping(value: Value) -> Value:
    return lambda time: 0 if time == DIP_AT else value(time)


def behind(seconds: float) -> Value:
    """A time, that many seconds before now."""
    return lambda time: time - seconds


@dataclass(frozen=True)
class Timeline:
    """One series: its labels, and its value at each of its times."""

    family: str
    type: str
    labels: dict[str, str]
    times: Iterable[int]
    value: Value
    suffix: str = ""

    def lines(self) -> Iterator[str]:
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        name = f"{self.family}{self.suffix}{{{labels}}}"
        return (f"{name} {self.value(time)} {time}" for time in self.times)


def openmetrics() -> str:
    """The history as OpenMetrics text, which promtool makes blocks of."""
    families: dict[str, list[Timeline]] = {}
    for timeline in [*_exposed(), *_scraped(), *_ruled()]:
        families.setdefault(timeline.family, []).append(timeline)
    lines: list[str] = []
    for family, timelines in families.items():
        lines.append(f"# TYPE {family} {timelines[0].type}")
        for timeline in timelines:
            lines += timeline.lines()
    return "\n".join([*lines, "# EOF", ""])


def _recent(since: int = END - SPAN - HOUR, until: int = END) -> Iterable[int]:
    return range(since, until + 1, MINUTE)


def _long(until: int = END) -> Iterable[int]:
    """A day and its hour before, coarse; then the hours shown, a sample a minute."""
    return [*range(END - DAY - HOUR, END - SPAN - HOUR, 4 * MINUTE), *_recent(until=until)]


def _weekly(until: int = END) -> Iterable[int]:
    """The hours shown, and the same hours a week and a day before."""
    before = [time - days * DAY for days in (7, 1) for time in range(END - SPAN, END + 1, 4 * MINUTE)]
    return [*before, *_recent(until=until)]


def _exposed() -> Iterator[Timeline]:
    for instance in (*INSTANCES, REPLACEMENT):
        target = {"job": JOB, "instance": instance}
        for account in ACCOUNTS:
            yield from _traffic(target | {"account": account}, account)
            yield from _collection(target | {"account": account}, account)
        yield from _process(target)


def _life(instance: str, times: Iterable[int]) -> list[int]:
    """Those of `times` at which `instance` was there."""
    if instance == REPLACEMENT:
        return [time for time in times if time > REPLACED_AT]
    if instance == INSTANCES[-1]:
        return [time for time in times if time <= REPLACED_AT]
    return list(times)


def _traffic(labels: dict[str, str], account: str) -> Iterator[Timeline]:
    until, busy = GONE_AT if account == "gone" else END, account != "quiet"

    def gauge(name: str, times: Iterable[int], value: Value, **more: str) -> Timeline:
        alive = _life(labels["instance"], times)
        return Timeline(f"betatel_telegram_{name}", "gauge", labels | more, alive, value)

    for window, count in REQUESTS.items():
        requests = count * busy
        yield gauge("requests", _weekly(until), steady(requests), window=window)
        yield gauge("transactions", _weekly(until), steady(requests * (1 - FAILED_SHARE)), window=window)
        for currency in CURRENCIES[account]:
            billed = steady(requests * PRICE[currency])
            yield gauge("amount", _recent(until=until), billed, window=window, currency=currency)
    for status, hourly in HOURLY.items():
        total = growing(TOTAL * busy, hourly * busy)
        if (account, status) == ("shop", "FAILED"):
            total = dipping(total)
        lost = PARTLY if (account, status) == ("bank", "READ") else ()
        times = [time for time in _long(until) if time not in lost]
        yield gauge("messages", times, total, status=status)
        if busy:
            yield gauge("newest_message_timestamp_seconds", _recent(until=until), behind(30), status=status)
    for status, waiting in WAITING.items():
        yield gauge("messages", _long(until), steady(waiting * busy), status=status)
        if busy:
            oldest = behind(AGE[status])
            yield gauge("oldest_message_timestamp_seconds", _recent(until=until), oldest, status=status)
    if account == "shop":
        yield gauge("daily_budget_amount", _recent(), steady(BUDGET), currency="EUR")


def _collection(labels: dict[str, str], account: str) -> Iterator[Timeline]:
    times = _life(labels["instance"], _recent(until=GONE_AT if account == "gone" else END))

    def gauge(name: str, value: Value, **more: str) -> Timeline:
        return Timeline(f"betatel_{name}", "gauge", labels | more, times, value)

    def counter(name: str, value: Value, **more: str) -> Timeline:
        return Timeline(f"betatel_{name}", "counter", labels | more, times, value, "_total")

    yield gauge("up", steady(1))
    yield gauge("scrape_duration_seconds", steady(0.2))
    for query in QUERIES:
        stale = account == "shop" and query == STALE_QUERY
        yield gauge("scrape_query_success", steady(not stale), query=query)
        yield gauge("scrape_query_duration_seconds", steady(0.1), query=query)
        yield gauge("last_success_timestamp_seconds", behind(STALE_SECONDS if stale else 0), query=query)
    for operation in ("stats", "tdr"):
        yield counter("api_requests", growing(9000, HOUR / 10), operation=operation)
        for reason in ("timeout", "unauthorized"):
            yield counter("api_failures", growing(300, 12), operation=operation, reason=reason)
    if account == "bank":
        yield gauge("api_cooldown_until_timestamp_seconds", behind(-COOLDOWN))


def _process(target: dict[str, str]) -> Iterator[Timeline]:
    times = _life(target["instance"], _recent())
    about = {"version": "1.2.3", "revision": "abc", "python_version": "3.13.0"}
    yield Timeline("betatel_exporter_build_info", "gauge", target | about, times, steady(1))
    for operation in ("stats", "tdr"):
        for bound, share in (("0.1", 0.5), ("1.0", 1.0), ("+Inf", 1.0)):
            labels = target | {"operation": operation, "le": bound}
            calls = growing(9000 * share, share * HOUR / 10)
            yield Timeline(
                "betatel_api_request_duration_seconds", "histogram", labels, times, calls, "_bucket"
            )


def _scraped() -> Iterator[Timeline]:
    """What Prometheus and the client library tell of every target, ours or not."""
    for target in (*({"job": JOB, "instance": one} for one in (*INSTANCES, REPLACEMENT)), STRANGER):
        times = _life(target["instance"], _recent())
        yield Timeline("up", "gauge", target, times, steady(1))
        yield Timeline("scrape_duration_seconds", "gauge", target, times, steady(0.3))
        yield Timeline("process_start_time_seconds", "gauge", target, times, steady(END - DAY))
        yield Timeline("process_resident_memory_bytes", "gauge", target, times, steady(60e6))
        yield Timeline("process_cpu_seconds", "counter", target, times, growing(900, HOUR / 50), "_total")


def _ruled() -> Iterator[Timeline]:
    """What the rules would have left."""
    account = {"job": JOB, "account": "shop"}
    alert = account | {"alertname": "BetatelMetricsStale", "alertstate": "firing", "severity": "warning"}
    yield Timeline("ALERTS", "gauge", alert, _recent(since=END - 20 * MINUTE), steady(1))
    recorded = "account_window:betatel_telegram_requests:max"
    requests = steady(REQUESTS["lasth"])
    yield Timeline(recorded, "gauge", account | {"window": "lasth"}, _recent(), requests)
