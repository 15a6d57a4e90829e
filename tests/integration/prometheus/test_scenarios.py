"""The alerts of each scenario: simulator, exporter and rules, with promtool in place of Prometheus.

The exporter asks the simulator in one process, in virtual time: hours take seconds. Each scenario has its own namespace.
"""

import asyncio
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client import Metric
from prometheus_client.samples import Sample

from betatel_exporter import metrics
from betatel_exporter.api.client import ApiClient
from betatel_exporter.api.models import Query, RecordsQuery, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.recent import RecentQuery
from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from tests.support import virtual_time
from tests.support.paths import ROOT
from tools.rules.tune import RULES

EXPECTED: dict[str, set[tuple[str, str]]] = {
    "outage": {("DeliveryFailing", "critical")},
    "failure-spike": {("DeliveryFailing", "critical")},
    "network-down": {("DestinationFailing", "critical")},
    "country-down": {("DeliveryFailing", "critical")},
    "stuck-queue": {("DeliveryFailing", "critical")},
    "otp-pumping": {("DeliveryFailing", "critical"), ("SpendSpike", "warning")},
    "silence": set(),
    "errors": {("ApiDown", "critical"), ("MetricsStale", "warning")},
    "rate-limit": {("ApiDown", "critical"), ("ApiRateLimited", "warning"), ("MetricsStale", "warning")},
    "rejected-key": {("ApiUnauthorized", "critical"), ("MetricsStale", "warning")},
}
"""By scenario. Alerts that compare with yesterday have no data here."""

MESSAGES_PER_HOUR = 600
BEFORE, DURING, AFTER = 90, 60, 90
"""Minutes of normal traffic, of the scenario and of normal traffic again."""

QUERIES: list[Query] = [
    *(
        StatsQuery(window, "UTC")
        for window in (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS)
    ),
    *(RecordsQuery(status) for status in Status),
    RecentQuery(b"any key will do"),
]

EPOCH = 1_800_000_000.0
"""A moment in the early afternoon, UTC; promtool's time 0."""


def test_each_scenario_fires_its_alerts_and_no_others_and_all_of_them_resolve(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    promtool = tool("promtool")
    series: dict[str, str] = {}
    for scenario in EXPECTED:
        series |= virtual_time.run(scraped(scenario))
    test = tmp_path / "test.yml"
    test.write_text(yaml.safe_dump(promtool_test(series), width=10**9))
    done = subprocess.run([promtool, "test", "rules", test], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def promtool_test(series: dict[str, str]) -> dict[str, Any]:
    firing = 'ALERTS{alertname!="BetatelExporterAbsent", alertstate="firing"}'  # without build_info it fires
    labels = [
        f'{{namespace="{scenario}", alertname="Betatel{name}", severity="{severity}"}}'
        for scenario, alerts in EXPECTED.items()
        for name, severity in alerts
    ]
    fired = f"max by (namespace, alertname, severity) (max_over_time({firing}[5h]))"
    expected = {fired: [{"labels": each, "value": 1} for each in labels], firing: []}
    end = f"{BEFORE + DURING + AFTER - 1}m"
    return {
        "rule_files": [str(ROOT / RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {"expr": expression, "eval_time": end, "exp_samples": samples}
                    for expression, samples in expected.items()
                ],
            }
        ],
    }


async def scraped(scenario: str) -> dict[str, str]:
    """Selector and values of every series, scraped once a minute of the event loop's time."""
    loop = asyncio.get_running_loop()

    def clock() -> float:
        return EPOCH + loop.time()

    api = create_app(clock=clock, messages_per_hour=MESSAGES_PER_HOUR)
    calls = Calls(["default"])
    client = ApiClient(
        httpx.ASGITransport(api),
        f"http://simulator{BASE_PATH}",
        account_id=ACCOUNT_ID,
        key=lambda: API_KEY,
        observer=calls.observer("default"),
        user_agent="test",
    )
    collector = Collector(
        "default",
        QUERIES,
        client,
        slots=FairSemaphore(20, 2),
        max_concurrency=16,
        cache_ttl=0,
        call_budget=5,
        clock=clock,
    )
    pages = []
    for minute in range(BEFORE + DURING + AFTER):
        await asyncio.sleep(60 * minute - loop.time())
        if minute in {0, BEFORE, BEFORE + DURING}:
            api.state.world.switch(scenario if minute == BEFORE else "normal")
        snapshot = await collector.collect(loop.time() + 5)
        families = *metrics.account_families([snapshot], {}), *calls.account_families(["default"])
        pages.append(values(families, scenario))
    await collector.aclose()
    selectors = {selector for page in pages for selector in page}
    return {selector: " ".join(page.get(selector, "stale") for page in pages) for selector in selectors}


def values(families: Iterable[Metric], namespace: str) -> dict[str, str]:
    """What promtool reads, by selector; moments are in promtool's time."""
    shown = {}
    for sample in (sample for family in families for sample in family.samples):
        moment = sample.name.endswith("_timestamp_seconds")
        shown[selector(sample, namespace)] = repr(float(sample.value - EPOCH if moment else sample.value))
    return shown


def selector(sample: Sample, namespace: str) -> str:
    labels = {"job": "betatel", "instance": "a", "namespace": namespace, **sample.labels}
    matchers = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{sample.name}{{{matchers}}}"
