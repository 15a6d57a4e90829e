"""Counts of the API calls the exporter makes, kept by the client library in a registry of their own."""

from collections.abc import Collection, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.definitions import API_DURATION, API_FAILURES, API_REQUESTS

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds: the default time budget of a scrape is just under 10 s."""


class Calls:
    """The counts of every account, and the durations of all."""

    def __init__(self, accounts: Iterable[str]) -> None:
        self._by_account = CollectorRegistry()
        self._shared = CollectorRegistry()
        self.requests = Counter(
            API_REQUESTS.name, API_REQUESTS.help, API_REQUESTS.labels, registry=self._by_account
        )
        self.failures = Counter(
            API_FAILURES.name, API_FAILURES.help, API_FAILURES.labels, registry=self._by_account
        )
        self.durations = Histogram(
            API_DURATION.name, API_DURATION.help, API_DURATION.labels, buckets=BUCKETS, registry=self._shared
        )
        self._observers = {account: AccountCalls(self, account) for account in accounts}

    def observer(self, account: str) -> "AccountCalls":
        return self._observers[account]

    def account_families(self, accounts: Collection[str]) -> Iterator[Metric]:
        """Requests and failures of some accounts."""
        for family in self._by_account.collect():
            family.samples = [
                sample
                for sample in family.samples
                if sample.labels["account"] in accounts and not sample.name.endswith("_created")
            ]
            yield family

    def shared_families(self) -> Iterator[Metric]:
        """Durations, which have no label for the account."""
        for family in self._shared.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class AccountCalls:
    """Counts the HTTP requests of one account; every series starts at 0, so that increase() sees the first failure."""

    def __init__(self, calls: Calls, account: str) -> None:
        self._sent = {operation: calls.requests.labels(account, operation) for operation in Operation}
        self._answered = {operation: calls.durations.labels(operation) for operation in Operation}
        self._failed = {
            (operation, reason): calls.failures.labels(account, operation, reason)
            for operation in Operation
            for reason in Reason
        }

    def sent(self, operation: Operation) -> None:
        self._sent[operation].inc()

    def answered(self, operation: Operation, seconds: float) -> None:
        self._answered[operation].observe(seconds)

    def failed(self, operation: Operation, reason: Reason) -> None:
        self._failed[operation, reason].inc()
