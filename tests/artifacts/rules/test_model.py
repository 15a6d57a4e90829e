"""The simulation's rules are the shipped ones: promtool agrees in sampled minutes."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from tests.artifacts.rules.rulefile import RULES, groups
from tools.rules import people as people_rules
from tools.rules import requests as request_rules
from tools.rules.exposed import Recent, Windows, recent, windows
from tools.rules.states import Flags, firing
from tools.rules.tune import current
from tools.rules.world import Part, Scenario, simulate

BEGINS, ENDS = 700, 1000
TOTAL, HALF = Part(0.3, 0.05, step=1.0), Part(0.7, 0.035, step=0.4)
Values = NDArray[Any]


@pytest.mark.parametrize(
    ("per_hour", "parts"),
    [
        pytest.param(per_hour, parts, id=meaning, marks=pytest.mark.xdist_group(meaning))
        for meaning, per_hour, parts in (
            ("a small account in an outage", 20, (TOTAL, Part(0.7, step=1.0))),
            ("a dead network", 300, (TOTAL, Part(0.7))),
            ("a sample of the records, a surge", 3000, (Part(0.3, 0.05), HALF)),
        )
    ],
)
def test_promtool_agrees_with_the_model(
    per_hour: float, parts: tuple[Part, ...], tool: Callable[[str], str], tmp_path: Path
) -> None:
    random = np.random.default_rng(3)
    traffic = simulate(Scenario(per_hour, parts, days=1), np.array([BEGINS]), random)
    seen, records = windows(traffic), recent(traffic, random)
    requests = request_rules.watch(seen, current().thresholds, covered=True)
    people = people_rules.watch(records, seen, requests, current().thresholds)
    assert people.failing.any()
    assert not people.failing.all()

    state = "destination:betatel_telegram_recent_unreached:failing_since"
    expected = {
        f'{state}{{country="",network=""}} > 0': people.failing[:, 0, 0],
        f'{state}{{network="N0"}} > 0': people.failing[:, 0, 1],
        f'{state}{{network="N1"}} > 0': people.failing[:, 0, 2],
        "account:betatel_telegram_failures:failing_since > 0": requests.failing[:, 0],
        "account:betatel_telegram_failures_per_requests:surge": requests.surge[:, 0],
    }
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "group_eval_order": [group["name"] for group in groups()],
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": " ".join(repr(float(value)) for value in values[:ENDS])}
                    for name, values in _series(seen, records)
                ],
                "promql_expr_test": list(_checks(expected)),
            }
        ],
    }
    test = tmp_path / "test.yml"
    test.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, width=10**9))
    done = subprocess.run(
        [tool("promtool"), "test", "rules", test], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _series(seen: Windows, records: Recent) -> Iterator[tuple[str, Values]]:
    for window, requests, failures in (
        ("last5m", seen.requests5m, seen.failures5m),
        ("lasth", seen.requests1h, seen.failures1h),
        ("last24h", seen.requests24h, seen.failures24h),
    ):
        labels = f'{{account="shop",window="{window}"}}'
        yield f"betatel_telegram_requests{labels}", requests[:, 0]
        yield f"betatel_telegram_transactions{labels}", (requests - failures)[:, 0]
    for status, total in (("DELIVERED", seen.reached), ("FAILED", seen.created - seen.reached)):
        yield f'betatel_telegram_messages{{account="shop",status="{status}"}}', total[:, 0]
    for reached, counts in (("true", records.reached), ("false", records.unreached)):
        for network in range(counts.shape[2]):
            labels = f'account="shop",country="C{network}",network="N{network}",reached="{reached}"'
            yield f"betatel_telegram_recent_recipients{{{labels}}}", counts[:, 0, network]
    yield 'betatel_telegram_recent_period_seconds{account="shop"}', 60 * records.period[:, 0]
    yield 'betatel_telegram_recent_coverage_ratio{account="shop"}', records.coverage[:, 0]


def _checks(expected: dict[str, Flags]) -> Iterator[dict[str, Any]]:
    """Each minute of the hour in which the incident begins, and each tenth one until an hour after it."""
    for minute in sorted({*range(0, ENDS, 10), *range(BEGINS, BEGINS + 60)}):
        for expression, values in expected.items():
            sample = [{"labels": "{}", "value": 1}] if values[minute] else []
            yield {"expr": f"count({expression})", "eval_time": f"{minute}m", "exp_samples": sample}


def test_an_alert_waits_fires_and_is_kept_firing() -> None:
    active = np.array([0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert firing(active, wait=2, keep=2).astype(int).tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
