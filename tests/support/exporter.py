"""The whole exporter in the test's process, with real sockets to the API, and its page as a scraper reads it."""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette

from betatel_exporter.assembly import make_app, make_collectors
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector
from betatel_exporter.config import Configuration, load
from tests.support.waiting import eventually
from tools.faults.api import ACCOUNT_ID, KEY, QUERIES, RECENT, SECRETS
from tools.faults.proxy import PASSWORD


@dataclass(frozen=True)
class Scrape:
    status: int
    took: float
    text: str
    headers: httpx.Headers

    @property
    def series(self) -> dict[str, float]:
        """Values by name and labels, as they are written."""
        lines = (line.rpartition(" ") for line in self.text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    @property
    def values(self) -> dict[str, float]:
        """What comes from the API."""
        return {name: value for name, value in self.series.items() if name.startswith("betatel_telegram_")}

    @property
    def failed(self) -> set[str]:
        """Queries without success; every query must be on the page."""
        outcomes = self.labelled("betatel_scrape_query_success", "query")
        assert set(outcomes) == set(QUERIES)
        return {query for query, success in outcomes.items() if not success}

    @property
    def up(self) -> float:
        return self.labelled("betatel_up", "account")["default"]

    def labelled(self, name: str, *labels: str) -> dict[str, float]:
        """Values of a metric by some of its labels, joined by slashes."""
        found = {}
        for series, value in self.series.items():
            if series.startswith(f"{name}{{"):
                pairs = dict(re.findall(r'(\w+)="(.*?)"', series))
                found["/".join(pairs[label] for label in labels)] = value
        return found

    def failures(self) -> dict[str, float]:
        """HTTP requests that failed so far, by operation and reason; without the zeros."""
        counts = self.labelled("betatel_api_failures_total", "operation", "reason")
        return {key: value for key, value in counts.items() if value}


def of_query(query: str, series: Iterable[str]) -> set[str]:
    """The series that come from a query."""
    if query == RECENT:
        return {name for name in series if name.startswith("betatel_telegram_recent_")}
    label = f'="{query.partition("/")[2]}"'
    return {name for name in series if label in name and "_recent_" not in name}


@dataclass
class Exporter:
    app: Starlette
    client: httpx.AsyncClient

    async def scrape(self, patience: float = 10.0, path: str = "/metrics") -> Scrape:
        """What a scraper gets that waits for some seconds."""
        started = time.perf_counter()
        response = await self.client.get(
            path, headers={"X-Prometheus-Scrape-Timeout-Seconds": f"{patience:g}"}
        )
        return Scrape(response.status_code, time.perf_counter() - started, response.text, response.headers)


def configured(base_url: str, environment: Mapping[str, str] | None = None, **flags: str) -> Configuration:
    """Settings as an operator would give them."""
    environ = {"BETATEL_API_KEY": KEY, **(environment or {})}
    return load({"account_id": ACCOUNT_ID, "base_url": base_url, **flags}, environ)


@contextlib.asynccontextmanager
async def exporting(configuration: Configuration) -> AsyncIterator[Exporter]:
    """Serve a configuration to a client in the same process."""
    app = make_app(configuration)
    assert isinstance(app, Starlette)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://exporter") as client,
    ):
        yield Exporter(app, client)


@contextlib.asynccontextmanager
async def collecting(configuration: Configuration) -> AsyncIterator[Collector]:
    """The collector of the first account."""
    calls = Calls(account.settings.name for account in configuration.accounts)
    collectors = make_collectors(configuration, calls)
    try:
        yield collectors[0]
    finally:
        for collector in collectors:
            await collector.aclose()


def leaks(*texts: str) -> list[str]:
    """What must stay hidden and stands in one of these texts."""
    return [secret for secret in (*SECRETS, PASSWORD) for text in texts if secret in text]


@contextlib.asynccontextmanager
async def nothing_left_behind() -> AsyncIterator[None]:
    """This process has no more tasks, threads and sockets after the block than before it."""
    tasks, threads, sockets = asyncio.all_tasks(), threading.active_count(), open_sockets()
    yield
    assert await eventually(lambda: asyncio.all_tasks() <= tasks)
    assert await eventually(lambda: threading.active_count() <= threads)
    assert await eventually(lambda: open_sockets() <= sockets)


def open_sockets() -> int:
    """The exporter's, and the far ends of those that a test's servers have accepted."""
    return sum(link.is_socket() for link in Path("/proc/self/fd").iterdir())
