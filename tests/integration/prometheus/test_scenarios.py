"""The whole chain but Prometheus' scraping: simulator, exporter, rules. The alerts of each scenario."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.prometheus.scraped import scraped
from tests.support import virtual_time
from tools.rules.tune import ROOT, RULES

EXPECTED: dict[str, set[tuple[str, str]]] = {
    "normal": set(),
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
"""By scenario, of 600 messages an hour. Alerts that compare with yesterday have no data here."""


@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_scenario_fires_its_alerts_and_no_others_and_all_of_them_resolve(
    scenario: str, tool: Callable[[str], str], tmp_path: Path
) -> None:
    promtool = tool("promtool")
    scenarios = [("normal", 90), (scenario, 60), ("normal", 120)]
    series = virtual_time.run(scraped(scenarios=scenarios, messages_per_hour=600))
    test = tmp_path / "test.yml"
    test.write_text(yaml.safe_dump(promtool_test(series, EXPECTED[scenario]), width=10**9))
    done = subprocess.run([promtool, "test", "rules", test], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def promtool_test(series: dict[str, str], expected: set[tuple[str, str]]) -> dict[str, Any]:
    # There is no build_info among these series.
    firing = 'ALERTS{alertname!="BetatelExporterAbsent", alertstate="firing"}'
    ever = [
        {"labels": f'{{alertname="Betatel{name}", severity="{severity}"}}', "value": 1}
        for name, severity in expected
    ]
    return {
        "rule_files": [str(ROOT / RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": f"max by (alertname, severity) (max_over_time({firing}[5h]))",
                        "eval_time": "269m",
                        "exp_samples": ever,
                    },
                    {"expr": firing, "eval_time": "269m", "exp_samples": []},
                ],
            }
        ],
    }
