"""What one would write first: the client library's own server, a custom collector, httpx, threads or none.

python -m tools.bench.peer PORT BASE_URL WORKERS CA_FILE
"""

import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tools.bench.queries import HEADERS, queries


class Telegram(Collector):
    """Ten calls a scrape, as many at once as there are workers."""

    def __init__(self, client: httpx.Client, workers: int) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(workers)

    def describe(self) -> Iterator[Metric]:
        return iter(())  # or registering would collect

    def collect(self) -> Iterator[Metric]:
        requests = GaugeMetricFamily("telegram_requests", "Requested.", labels=["window"])
        transactions = GaugeMetricFamily("telegram_transactions", "Processed.", labels=["window"])
        amount = GaugeMetricFamily("telegram_amount", "Billed.", labels=["window", "currency"])
        messages = GaugeMetricFamily("telegram_messages", "Records.", labels=["status"])
        for name, answer in zip(queries(), self._pool.map(self._ask, queries().values()), strict=True):
            operation, _, value = name.partition("_")
            if operation == "tdr":
                messages.add_metric([value], answer["total"])
                continue
            for entry in answer:
                requests.add_metric([value], entry["total_requests"])
                transactions.add_metric([value], entry["total_transactions"])
                amount.add_metric([value, entry["currency"]], entry["total_amount"])
        yield from (requests, transactions, amount, messages)

    def _ask(self, query: tuple[str, str]) -> Any:
        path, body = query
        return self._client.post(path, content=body).raise_for_status().json()


def main(port: str, base_url: str, workers: str, ca_file: str) -> None:
    tls = ssl.create_default_context(cafile=ca_file)
    client = httpx.Client(base_url=base_url, headers=HEADERS, timeout=10, trust_env=False, verify=tls)
    registry = CollectorRegistry()
    registry.register(Telegram(client, int(workers)))
    start_http_server(int(port), "127.0.0.1", registry)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
