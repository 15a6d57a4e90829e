"""From snapshots to metric families. Pure: families are made anew for each page, and nothing is kept between scrapes."""

from collections.abc import Iterable, Mapping

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.definitions import (
    AMOUNT,
    BUILD_INFO,
    CATALOGUE,
    COOLDOWN,
    DAILY_BUDGET,
    LAST_SUCCESS,
    MESSAGES,
    NEWEST,
    OLDEST,
    QUERY_DURATION,
    QUERY_SUCCESS,
    RECENT_COVERAGE,
    RECENT_MESSAGES,
    RECENT_PERIOD,
    RECENT_RECIPIENTS,
    REQUESTS,
    SCRAPE_DURATION,
    TRANSACTIONS,
    UP,
    WEB_CONFIG_RELOAD,
    Definition,
)
from betatel_exporter.recent import Recent
from betatel_exporter.results import QueryResult, Snapshot

Budgets = Mapping[str, Mapping[str, float]]
"""Daily budgets by account and currency, in units of the currency."""


class _Gauges:
    """Gauge families by definition, made when the first sample comes."""

    def __init__(self) -> None:
        self._families: dict[Definition, Metric] = {}

    def add(self, definition: Definition, value: float, *labels: str) -> None:
        family = self._families.get(definition)
        if family is None:
            family = GaugeMetricFamily(definition.name, definition.help)
            self._families[definition] = family
        family.add_sample(definition.name, dict(zip(definition.labels, labels, strict=True)), value)

    def in_order(self) -> list[Metric]:
        return [self._families[definition] for definition in CATALOGUE if definition in self._families]


def account_families(snapshots: Iterable[Snapshot], budgets: Budgets) -> list[Metric]:
    """All gauges of some accounts."""
    gauges = _Gauges()
    for snapshot in snapshots:
        for result in snapshot.results:
            _add_value(gauges, snapshot.account, result)
        for currency, amount in sorted(budgets.get(snapshot.account, {}).items()):
            gauges.add(DAILY_BUDGET, amount, snapshot.account, currency)
        _add_scrape(gauges, snapshot)
    return gauges.in_order()


def build_families(version: str, revision: str, python_version: str) -> list[Metric]:
    gauges = _Gauges()
    gauges.add(BUILD_INFO, 1, version, revision, python_version)
    return gauges.in_order()


def web_config_families(reload_success: bool) -> list[Metric]:
    gauges = _Gauges()
    gauges.add(WEB_CONFIG_RELOAD, reload_success)
    return gauges.in_order()


def _add_value(gauges: _Gauges, account: str, result: QueryResult) -> None:
    match result.query, result.outcome:
        case StatsQuery(window=window), Stats(requests, transactions, amounts):
            gauges.add(REQUESTS, requests, account, window)
            gauges.add(TRANSACTIONS, transactions, account, window)
            for currency, amount in sorted(amounts.items()):
                gauges.add(AMOUNT, amount, account, window, currency)
        case RecordsQuery(status=status), Records(total, boundary):
            gauges.add(MESSAGES, total, account, status)
            if boundary is not None:
                gauges.add(OLDEST if status.in_flight else NEWEST, boundary, account, status)
        case _, Recent() as recent:
            _add_recent(gauges, account, recent)


def _add_recent(gauges: _Gauges, account: str, recent: Recent) -> None:
    for destination, counts in recent.destinations.items():
        for status, messages in counts.messages.items():
            gauges.add(RECENT_MESSAGES, messages, account, *destination, status)
        gauges.add(RECENT_RECIPIENTS, counts.reached, account, *destination, "true")
        gauges.add(RECENT_RECIPIENTS, counts.unreached, account, *destination, "false")
    gauges.add(RECENT_PERIOD, recent.period, account)
    gauges.add(RECENT_COVERAGE, recent.coverage, account)


def _add_scrape(gauges: _Gauges, snapshot: Snapshot) -> None:
    account = snapshot.account
    gauges.add(UP, snapshot.up, account)
    gauges.add(SCRAPE_DURATION, snapshot.duration, account)
    for result in snapshot.results:
        name = result.query.name
        gauges.add(QUERY_SUCCESS, result.failure is None, account, name)
        gauges.add(QUERY_DURATION, result.duration, account, name)
        if name in snapshot.last_success:
            gauges.add(LAST_SUCCESS, snapshot.last_success[name], account, name)
    if snapshot.cooldown_until is not None:
        gauges.add(COOLDOWN, snapshot.cooldown_until, account)
