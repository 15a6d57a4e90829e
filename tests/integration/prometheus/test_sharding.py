"""The Prometheus configurations of docs/performance.md, with real Prometheus servers and real exporters."""

import http.client
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tools.bench.contestants import Bench, exporter, upstream
from tools.bench.queries import queries
from tools.bench.upstream import PAGES
from tools.loopback import free_port
from tools.paths import ROOT
from tools.process import Process

pytestmark = pytest.mark.anyio

ACCOUNTS = 20
DEADLINE = 120.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with upstream(Path(sys.executable), tmp_path) as bench:
        yield bench


class Prometheus:
    """A server with a configuration, its data in a folder."""

    def __init__(self, command: str, folder: Path, config: dict[str, Any]) -> None:
        folder.mkdir()
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._port = free_port()
        self._folder = folder
        self._command = command

    def process(self) -> Process:
        return Process(
            [
                self._command,
                f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ]
        )

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", f"/api/v1/query?query={quote(expression)}")
            answer = json.loads(connection.getresponse().read())
        except (OSError, ValueError):
            return []  # it is not up yet
        finally:
            connection.close()
        return [
            (entry["metric"], float(entry["value"][1])) for entry in answer.get("data", {}).get("result", [])
        ]

    def wait_for(self, expression: str, count: int) -> list[tuple[dict[str, str], float]]:
        """The result of a query as soon as it has so many series."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            result = self.query(expression)
            if len(result) >= count:
                return result
            time.sleep(0.2)
        raise AssertionError(f"{expression}: {self.query(expression)}")


def documented(addresses: list[str]) -> dict[str, Any]:
    """The configuration in docs/performance.md, with more accounts, a shorter interval and these exporters."""
    text = (ROOT / "docs" / "performance.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    for number, address in enumerate(addresses):
        assert f"exporter-{number}:10742" in text
        text = text.replace(f"exporter-{number}:10742", address)
    config: dict[str, Any] = yaml.safe_load(text)
    (job,) = config["scrape_configs"]
    job["scrape_interval"] = job["scrape_timeout"] = "1s"
    job["static_configs"][0]["targets"] = [f"account-{number}" for number in range(ACCOUNTS)]
    return config


async def test_sharded_probes_miss_no_account_and_double_none(
    bench: Bench, tool: Callable[[str], str], tmp_path: Path
) -> None:
    command = tool("prometheus")
    async with AsyncExitStack() as stack:
        exporters = [
            await stack.enter_async_context(exporter(bench, bench.base_url(20), accounts=ACCOUNTS))
            for _ in range(2)
        ]
        addresses = [f"127.0.0.1:{pages.port}" for pages, _ in exporters]
        prometheus = Prometheus(command, tmp_path / "prometheus", documented(addresses))
        stack.enter_context(prometheus.process())
        up = prometheus.wait_for("betatel_up == 1", ACCOUNTS)
        targets = prometheus.wait_for("up == 1", ACCOUNTS)
    names = {f"account-{number}" for number in range(ACCOUNTS)}
    assert sorted(labels["account"] for labels, _ in up) == sorted(names)
    assert all(labels["instance"] == labels["account"] for labels, _ in up)
    assert sorted(labels["instance"] for labels, _ in targets) == sorted(names)
    assert {labels["shard"] for labels, _ in up} == {"0", "1"}


async def test_a_pair_of_prometheus_servers_shares_collections_through_the_cache(
    bench: Bench, tool: Callable[[str], str], tmp_path: Path
) -> None:
    command = tool("prometheus")
    async with (
        exporter(bench, bench.base_url(20), "--cache-ttl=3600") as (pages, _),
        AsyncExitStack() as stack,
    ):
        job = {
            "job_name": "betatel",
            "scrape_interval": "2s",
            "scrape_timeout": "2s",
            "static_configs": [{"targets": [f"127.0.0.1:{pages.port}"]}],
        }
        pair = [
            Prometheus(
                command,
                tmp_path / replica,
                {"global": {"external_labels": {"replica": replica}}, "scrape_configs": [job]},
            )
            for replica in ("a", "b")
        ]
        for prometheus in pair:
            stack.enter_context(prometheus.process())
        for prometheus in pair:
            prometheus.wait_for("count_over_time(betatel_up[1m]) >= 4", 1)
        scrapes = sum(prometheus.query("count_over_time(betatel_up[1m])")[0][1] for prometheus in pair)
    assert scrapes >= 8
    # one collection; on a busy machine, some of its queries time out and are sent again
    assert await bench.calls() <= 2 * (len(queries()) + PAGES)
