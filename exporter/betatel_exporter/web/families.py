"""The metric families of the two pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from betatel_exporter import metrics
from betatel_exporter.calls import Calls
from betatel_exporter.results import Snapshot


@dataclass(frozen=True)
class Build:
    version: str
    revision: str
    python_version: str


class Families:
    """Metric families of snapshots, of our own calls and of the process."""

    def __init__(
        self,
        calls: Calls,
        budgets: metrics.Budgets,
        build: Build,
        web_config_reloaded: Callable[[], bool] | None = None,
    ) -> None:
        self._calls = calls
        self._budgets = budgets
        self._build = metrics.build_families(build.version, build.revision, build.python_version)
        self._web_config_reloaded = web_config_reloaded
        self._process = process_registry()

    def of_all(self, snapshots: Sequence[Snapshot]) -> Iterator[Metric]:
        """Families of every account and of the process."""
        yield from self.of_accounts(snapshots)
        yield from self._calls.shared_families()
        if self._web_config_reloaded is not None:
            yield from metrics.web_config_families(self._web_config_reloaded())
        yield from self._process.collect()

    def of_accounts(self, snapshots: Sequence[Snapshot]) -> Iterator[Metric]:
        """Families of some accounts."""
        yield from metrics.account_families(snapshots, self._budgets)
        yield from self._calls.account_families([snapshot.account for snapshot in snapshots])
        yield from self._build


def process_registry() -> CollectorRegistry:
    """process_* and python_*, which the client library's collectors make anew whenever the registry is asked."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
