"""From snapshots, counts and the process to the metric families of a page, which are made anew for each page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from betatel_exporter import definitions
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.calls import Calls
from betatel_exporter.definitions import Definition
from betatel_exporter.recent import Recent
from betatel_exporter.results import QueryResult, Snapshot

Budgets = Mapping[str, Mapping[str, float]]
"""Daily budgets by account and currency, in units of the currency."""


class Families:
    """The metric families of the two pages."""

    def __init__(
        self,
        calls: Calls,
        budgets: Budgets,
        build: Sequence[str],
        web_config_reloaded: Callable[[], bool] | None = None,
    ) -> None:
        """`build` are the values of the labels of the build info."""
        self._calls = calls
        self._budgets = budgets
        self._build = gauge(definitions.BUILD_INFO, 1, *build)
        self._web_config_reloaded = web_config_reloaded
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=self._process)
        GCCollector(registry=self._process)

    def of_all(self, snapshots: Sequence[Snapshot]) -> Iterator[Metric]:
        """Families of every account and of the process."""
        yield from self.of_accounts(snapshots)
        yield from self._calls.shared_families()
        if self._web_config_reloaded is not None:
            yield gauge(definitions.WEB_CONFIG_RELOAD, self._web_config_reloaded())
        yield from self._process.collect()

    def of_accounts(self, snapshots: Sequence[Snapshot]) -> Iterator[Metric]:
        """Families of some accounts."""
        yield from account_families(snapshots, self._budgets)
        yield from self._calls.account_families([snapshot.account for snapshot in snapshots])
        yield self._build


def account_families(snapshots: Iterable[Snapshot], budgets: Budgets) -> list[Metric]:
    """All gauges of some accounts."""
    gauges = _Gauges()
    for snapshot in snapshots:
        for result in snapshot.results:
            _add_value(gauges, snapshot.account, result)
        for currency, amount in sorted(budgets.get(snapshot.account, {}).items()):
            gauges.add(definitions.DAILY_BUDGET, amount, snapshot.account, currency)
        _add_scrape(gauges, snapshot)
    return gauges.in_order()


def gauge(definition: Definition, value: float, *labels: str) -> Metric:
    """A family with one sample."""
    gauges = _Gauges()
    gauges.add(definition, value, *labels)
    return gauges.in_order()[0]


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
        return [
            self._families[definition] for definition in definitions.CATALOGUE if definition in self._families
        ]


def _add_value(gauges: _Gauges, account: str, result: QueryResult) -> None:
    match result.query, result.outcome:
        case StatsQuery(window=window), Stats(requests, transactions, amounts):
            gauges.add(definitions.REQUESTS, requests, account, window)
            gauges.add(definitions.TRANSACTIONS, transactions, account, window)
            for currency, amount in sorted(amounts.items()):
                gauges.add(definitions.AMOUNT, amount, account, window, currency)
        case RecordsQuery(status=status), Records(total, boundary):
            gauges.add(definitions.MESSAGES, total, account, status)
            if boundary is not None:
                gauges.add(
                    definitions.OLDEST if status.in_flight else definitions.NEWEST, boundary, account, status
                )
        case _, Recent() as recent:
            _add_recent(gauges, account, recent)


def _add_recent(gauges: _Gauges, account: str, recent: Recent) -> None:
    for destination, counts in recent.destinations.items():
        for status, messages in counts.messages.items():
            gauges.add(definitions.RECENT_MESSAGES, messages, account, *destination, status)
        gauges.add(definitions.RECENT_RECIPIENTS, counts.reached, account, *destination, "true")
        gauges.add(definitions.RECENT_RECIPIENTS, counts.unreached, account, *destination, "false")
    gauges.add(definitions.RECENT_PERIOD, recent.period, account)
    gauges.add(definitions.RECENT_COVERAGE, recent.coverage, account)


def _add_scrape(gauges: _Gauges, snapshot: Snapshot) -> None:
    account = snapshot.account
    gauges.add(definitions.UP, snapshot.up, account)
    gauges.add(definitions.SCRAPE_DURATION, snapshot.duration, account)
    for result in snapshot.results:
        name = result.query.name
        gauges.add(definitions.QUERY_SUCCESS, result.failure is None, account, name)
        gauges.add(definitions.QUERY_DURATION, result.duration, account, name)
        if name in snapshot.last_success:
            gauges.add(definitions.LAST_SUCCESS, snapshot.last_success[name], account, name)
    if snapshot.cooldown_until is not None:
        gauges.add(definitions.COOLDOWN, snapshot.cooldown_until, account)
