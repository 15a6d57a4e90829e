"""Counts of the HTTP requests to the API, kept by the client library's own metrics."""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from prometheus_client import Counter, Histogram, Metric

from betatel_exporter.api.client import Observer
from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.definitions import API_DURATION, API_FAILURES, API_REQUESTS, Definition

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds: the default time budget of a scrape is just under 10 s."""


class Calls:
    """The counts of every account, and the durations of all."""

    def __init__(self, accounts: Iterable[str]) -> None:
        """Every series of these accounts starts at 0, so that increase() sees the first failure."""
        self._requests = _counter(API_REQUESTS)
        self._failures = _counter(API_FAILURES)
        self._durations = Histogram(
            API_DURATION.name, API_DURATION.help, API_DURATION.labels, buckets=BUCKETS, registry=None
        )
        for operation in Operation:
            self._durations.labels(operation)
        for account, operation in itertools.product(accounts, Operation):
            self._requests.labels(account, operation)
            for reason in Reason:
                self._failures.labels(account, operation, reason)

    def observer(self, account: str) -> Observer:
        """Counts the HTTP requests of one account."""

        def count(operation: Operation, seconds: float | None, reason: Reason | None) -> None:
            if seconds is not None:
                self._requests.labels(account, operation).inc()
                self._durations.labels(operation).observe(seconds)
            if reason is not None:
                self._failures.labels(account, operation, reason).inc()

        return count

    def account_families(self, accounts: Collection[str]) -> Iterator[Metric]:
        """Requests and failures of some accounts."""
        for counter in (self._requests, self._failures):
            yield from _families(counter, lambda labels: labels["account"] in accounts)

    def shared_families(self) -> Iterator[Metric]:
        """Durations, which have no label for the account."""
        return _families(self._durations, lambda _: True)


def _counter(definition: Definition) -> Counter:
    return Counter(definition.name, definition.help, definition.labels, registry=None)


def _families(metric: Counter | Histogram, shown: Callable[[Mapping[str, str]], bool]) -> Iterator[Metric]:
    for family in metric.collect():
        samples = (sample for sample in family.samples if not sample.name.endswith("_created"))
        family.samples = [sample for sample in samples if shown(sample.labels)]
        yield family
