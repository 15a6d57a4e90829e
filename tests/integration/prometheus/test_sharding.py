"""The Prometheus configuration of docs/performance.md, with a real Prometheus and real exporters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.command import accounts_file, serving
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from tools.faults.api import FakeApi
from tools.loopback import free_address
from tools.stack.services import prometheus, running

ACCOUNTS = 20


def test_sharded_probes_miss_no_account_and_double_none(
    api: FakeApi, tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("prometheus")
    flag = f"--config.file={accounts_file(tmp_path, [('any', api.url)] * ACCOUNTS)}"
    address = free_address()
    config = tmp_path / "prometheus.yml"
    with serving({}, flag) as first, serving({}, flag) as second:
        shards = [f"{host}:{port}" for host, port in (first.address, second.address)]
        config.write_text(yaml.safe_dump(documented(shards)))
        with (
            running(prometheus(config, tmp_path / "data", address)),
            httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=60) as client,
        ):

            def query(expression: str) -> list[dict[str, str]]:
                response = client.get("/api/v1/query", params={"query": expression}).raise_for_status()
                return [series["metric"] for series in response.json()["data"]["result"]]

            wait_until(lambda: len(query("betatel_up == 1")) >= ACCOUNTS, 180)
            up, targets = query("betatel_up == 1"), query("up == 1")
    names = sorted(f"a{number}" for number in range(ACCOUNTS))
    assert sorted(labels["account"] for labels in up) == names
    assert all(labels["instance"] == labels["account"] for labels in up)
    assert {labels["shard"] for labels in up} == {"0", "1"}
    assert sorted(labels["instance"] for labels in targets) == names


def documented(shards: list[str]) -> dict[str, Any]:
    """The configuration in docs/performance.md, with more accounts, a shorter interval and these exporters."""
    text = (ROOT / "docs" / "performance.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    for number, address in enumerate(shards):
        assert f"exporter-{number}:10742" in text
        text = text.replace(f"exporter-{number}:10742", address)
    config: dict[str, Any] = yaml.safe_load(text)
    (job,) = config["scrape_configs"]
    job["scrape_interval"] = job["scrape_timeout"] = "4s"
    job["static_configs"][0]["targets"] = [f"a{number}" for number in range(ACCOUNTS)]
    return config
