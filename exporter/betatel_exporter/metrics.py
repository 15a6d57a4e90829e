"""The metric families of a page, built for each page from snapshots, request counts and the process."""

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

Gauges = Mapping[Definition, Metric]


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
    """All gauges of some accounts that have samples."""
    gauges = {definition: gauge(definition) for definition in definitions.CATALOGUE}
    for snapshot in snapshots:
        for result in snapshot.results:
            _add_value(gauges, snapshot.account, result)
        for currency, amount in sorted(budgets.get(snapshot.account, {}).items()):
            _add(gauges, definitions.DAILY_BUDGET, amount, snapshot.account, currency)
        _add_scrape(gauges, snapshot)
    return [family for family in gauges.values() if family.samples]


def gauge(definition: Definition, value: float | None = None, *labels: str) -> Metric:
    """A family, with a sample if there is a value."""
    family = GaugeMetricFamily(definition.name, definition.help)
    if value is not None:
        _add({definition: family}, definition, value, *labels)
    return family


def _add(gauges: Gauges, definition: Definition, value: float, *labels: str) -> None:
    sample = dict(zip(definition.labels, labels, strict=True))
    gauges[definition].add_sample(definition.name, sample, value)


def _add_value(gauges: Gauges, account: str, result: QueryResult) -> None:
    match result.query, result.outcome:
        case StatsQuery(window=window), Stats(requests, transactions, amounts):
            _add(gauges, definitions.REQUESTS, requests, account, window)
            _add(gauges, definitions.TRANSACTIONS, transactions, account, window)
            for currency, amount in sorted(amounts.items()):
                _add(gauges, definitions.AMOUNT, amount, account, window, currency)
        case RecordsQuery(status=status), Records(total, boundary):
            _add(gauges, definitions.MESSAGES, total, account, status)
            if boundary is not None:
                _add(
                    gauges,
                    definitions.OLDEST if status.in_flight else definitions.NEWEST,
                    boundary,
                    account,
                    status,
                )
        case _, Recent() as recent:
            _add_recent(gauges, account, recent)


def _add_recent(gauges: Gauges, account: str, recent: Recent) -> None:
    for destination, counts in recent.destinations.items():
        for status, messages in counts.messages.items():
            _add(gauges, definitions.RECENT_MESSAGES, messages, account, *destination, status)
        _add(gauges, definitions.RECENT_RECIPIENTS, counts.reached, account, *destination, "true")
        _add(gauges, definitions.RECENT_RECIPIENTS, counts.unreached, account, *destination, "false")
    _add(gauges, definitions.RECENT_PERIOD, recent.period, account)
    _add(gauges, definitions.RECENT_COVERAGE, recent.coverage, account)


def _add_scrape(gauges: Gauges, snapshot: Snapshot) -> None:
    account = snapshot.account
    _add(gauges, definitions.UP, snapshot.up, account)
    _add(gauges, definitions.SCRAPE_DURATION, snapshot.duration, account)
    for result in snapshot.results:
        name = result.query.name
        _add(gauges, definitions.QUERY_SUCCESS, result.failure is None, account, name)
        _add(gauges, definitions.QUERY_DURATION, result.duration, account, name)
        if name in snapshot.last_success:
            _add(gauges, definitions.LAST_SUCCESS, snapshot.last_success[name], account, name)
    if snapshot.cooldown_until is not None:
        _add(gauges, definitions.COOLDOWN, snapshot.cooldown_until, account)
