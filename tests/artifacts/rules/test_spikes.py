"""The simulation's alert is the shipped one."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from tools.rules.simulation import Simulation, delay, episodes
from tools.rules.spikes import (
    WIDTHS,
    Durations,
    Traffic,
    Windows,
    conditions,
    firing,
    shipped_durations,
    simulate,
)
from tools.rules.tune import ROOT, RULES, current

STEP = slice(1440 - 30, 1440 + 200)
"""From half an hour before the step to after its end, in the minutes of `simulate`."""


@pytest.mark.parametrize("per_hour", [60, 300, 2000])
def test_the_rules_fire_in_the_minutes_in_which_the_simulation_says_so(
    per_hour: float, tool: Callable[[str], str], tmp_path: Path
) -> None:
    windows = cut(simulate(Traffic(per_hour, 0.1, step=0.3, days=2), np.random.default_rng(1)))
    expected = {
        path: firing(active, shipped_durations()[path])
        for path, active in conditions(windows, current().thresholds).items()
    }
    assert expected["slow"].any()
    assert not expected["slow"].all()
    test = tmp_path / "test.yml"
    test.write_text(yaml.safe_dump(promtool_test(windows, expected)))
    done = subprocess.run(
        [tool("promtool"), "test", "rules", test], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def cut(windows: Windows) -> Windows:
    requests, failures = (
        {window: counts[STEP] for window, counts in kind.items()}
        for kind in (windows.requests, windows.failures)
    )
    return Windows(requests, failures)


def promtool_test(windows: Windows, expected: dict[str, np.typing.NDArray[np.bool_]]) -> dict[str, object]:
    series = []
    for window in WIDTHS:
        requests, failures = windows.requests[window], windows.failures[window]
        for name, values in (("requests", requests), ("transactions", requests - failures)):
            series.append(
                {
                    "series": f'betatel_telegram_{name}{{account="shop", window="{window}"}}',
                    "values": " ".join(str(value) for value in values),
                }
            )
    checks = [
        {
            "expr": f'count(ALERTS{{alertname="BetatelDeliveryFailureSpike", path="{path}", alertstate="firing"}})',
            "eval_time": f"{minute}m",
            "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
        }
        for path, minutes in expected.items()
        for minute, fires in enumerate(minutes)
    ]
    return {
        "rule_files": [str(ROOT / RULES)],
        "evaluation_interval": "1m",
        "group_eval_order": [group["name"] for group in yaml.safe_load((ROOT / RULES).read_text())["groups"]],
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": checks}],
    }


def test_an_alert_waits_fires_and_is_kept_firing() -> None:
    active = np.array([0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert firing(active, Durations(wait=2, keep=2)).astype(int).tolist() == [
        *(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0)
    ]  # fmt: skip


def test_episodes_are_counted_when_they_begin_and_a_delay_from_the_step_on() -> None:
    fires = np.zeros(2 * 1440, dtype=bool)
    fires[[10, 11, 1440 + 7, 1440 + 8]] = True
    assert episodes(fires) == 2
    assert delay(fires) == 7
    assert delay(np.zeros(2 * 1440, dtype=bool)) == float("inf")


def test_the_same_seed_gives_the_same_table_and_a_lower_bar_more_alarms() -> None:
    traffic = Traffic(60, 0.1, days=10)
    shipped = current().thresholds
    lower = {**shipped, "spike_slow_zscore": 1, "spike_slow_excess": 0.02}
    tables = [
        Simulation(numbers, shipped_durations(), seed=3).runs(traffic, 2, episodes)
        for numbers in (shipped, shipped, lower)
    ]
    assert tables[0] == tables[1]
    assert sum(tables[2][2]) > sum(tables[0][2]) + 5
