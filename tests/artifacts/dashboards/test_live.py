"""Every query of every panel, asked of a real Prometheus that scrapes the demo: while all is well, and in an outage."""

import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import httpx
import pytest

from tests.artifacts.dashboards.boards import Choice, Target, all_targets
from tests.artifacts.dashboards.server import Prometheus, Series, free_port, prometheus, running, wait_for
from tools.dashboards.limits import FAILURE_RATIO

SPEED = 60
"""The simulated clock runs a minute in a second: 5-minute windows are filled anew within 5 s."""
TRAFFIC = 6000
"""Messages an hour: enough for some to be in flight at any moment."""
SPAN = 30
PATIENCE = 25.0
ALL: Choice = {"job": None, "instance": None, "account": None, "currency": None, "window": "last5m"}

TARGETS = all_targets()
EMPTY = {
    ("betatel-overview", "Requests, $window, against yesterday and last week", "B"): "no history of a day",
    ("betatel-overview", "Requests, $window, against yesterday and last week", "C"): "no history of a week",
    ("betatel-overview", "Alerts firing", "A"): "no rules loaded",
    ("betatel-overview", "Alerts", "A"): "no rules loaded",
    ("betatel-exporter", "Rate limit", "A"): "the API told nobody to wait",
    ("betatel-exporter", "Failed calls a minute, by reason", "A"): "no call failed",
}
"""The queries that tell nothing here, and why; their panels say so in the words of noValue."""


@dataclass(frozen=True)
class Demo:
    prometheus: Prometheus
    simulator: httpx.Client

    def ask(self, target: Target) -> list[Series]:
        """With seconds for the minutes between the points of a subquery: there is less than a minute of history."""
        quick = replace(target, expr=re.sub(r":\dm\]", ":1s]", target.expr))
        return self.prometheus.ask(quick, ALL, math.floor(time.time()), SPAN, step=1)

    def wait_until(self, expr: str) -> None:
        give_up = time.monotonic() + PATIENCE
        while not self.prometheus.instant(expr, time.time()):
            assert time.monotonic() < give_up, expr
            time.sleep(0.3)

    def shown(self, dashboard: str, panel: str) -> float:
        target = next(target for target in TARGETS if (target.dashboard, target.panel) == (dashboard, panel))
        (series,) = self.ask(target)
        return series.last


@pytest.fixture(scope="module")
def demo(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    web, api = (f"127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        sys.executable,
        "-m",
        "betatel_exporter",
        "demo",
        "--speed",
        str(SPEED),
        "--messages-per-hour",
        str(TRAFFIC),
    ]
    command += ["--web.listen-address", web, "--simulator.listen-address", api]
    configuration = f"""
        global: {{scrape_interval: 1s, scrape_timeout: 1s}}
        scrape_configs: [{{job_name: betatel, static_configs: [{{targets: ["{web}"]}}]}}]
    """
    folder = tmp_path_factory.mktemp("live")
    with (
        running(command),
        httpx.Client(base_url=f"http://{web}", trust_env=False) as exporter,
        httpx.Client(base_url=f"http://{api}", trust_env=False) as simulator,
    ):
        wait_for(exporter, "/-/ready")
        with prometheus(tool("prometheus"), folder, configuration) as server:
            yield Demo(server, simulator)


@pytest.fixture(scope="module")
def normal(demo: Demo) -> Demo:
    demo.wait_until("count_over_time(betatel_up[1m]) >= 10")
    return demo


@pytest.fixture(scope="module")
def outage(normal: Demo) -> Demo:
    normal.simulator.post("/-/scenario/outage").raise_for_status()
    normal.wait_until(
        'betatel_telegram_transactions{window="last5m"} < 0.1 * betatel_telegram_requests{window="last5m"}'
    )
    return normal


def _empty(demo: Demo) -> set[tuple[str, str, str]]:
    answers = {target.key: demo.ask(target) for target in TARGETS}
    values = [value for found in answers.values() for series in found for _, value in series.points]
    assert all(math.isfinite(value) for value in values)
    return {key for key, found in answers.items() if not found}


def test_while_all_is_well_every_query_has_data_or_says_why_not(normal: Demo) -> None:
    assert _empty(normal) == set(EMPTY)


def test_while_all_is_well_the_first_tiles_are_green(normal: Demo) -> None:
    assert normal.shown("betatel-overview", "API") == 1
    assert normal.shown("betatel-overview", "Requests, $window") > 0
    assert normal.shown("betatel-overview", "Failure ratio, $window") < 0.1


def test_in_an_outage_every_query_has_data_or_says_why_not(outage: Demo) -> None:
    assert _empty(outage) == set(EMPTY)


def test_in_an_outage_the_failure_ratio_is_red_and_the_api_is_not_blamed(outage: Demo) -> None:
    red_from = FAILURE_RATIO[-1][0]

    assert red_from is not None
    assert outage.shown("betatel-overview", "Failure ratio, $window") > red_from
    assert outage.shown("betatel-overview", "API") == 1
