"""What the worst answers cost an exporter of its own process, all queries meeting them at once and at full speed."""

import concurrent.futures
import time

import pytest

from betatel_exporter.api.vocabulary import Operation
from tests.support.command import Exporter, serving
from tools.faults.api import ACCOUNT_ID, KEY, QUERIES, STATS, FakeApi
from tools.faults.cases import FAULTS

MEMORY_ALLOWED = 40.0
"""MB more than before."""

CPU_ALLOWED = 1.0
"""Seconds of CPU: health checks wait no longer than that, on whatever machine."""


def test_the_worst_answers_cost_little_memory_and_keep_no_health_check_waiting(
    subtests: pytest.Subtests,
) -> None:
    with FakeApi() as api:
        environment = {
            "BETATEL_API_KEY": KEY,
            "BETATEL_ACCOUNT_ID": ACCOUNT_ID,
            "BETATEL_BASE_URL": api.url,
        }
        with serving(environment) as exporter:
            for _ in range(3):
                exporter.get("/metrics").read()
            for fault in reversed(FAULTS):  # the hungriest last, or they would hide what others take
                if not fault.big:
                    continue
                with subtests.test(str(fault)):
                    api.misbehave(STATS if fault.only is Operation.STATS else QUERIES, fault.behave)
                    exporter.process.reset_peak_memory()
                    memory, cpu = exporter.process.memory(), exporter.process.cpu()
                    page = scraped_beside_health_checks(exporter)
                    assert 'betatel_up{account="default"} 0.0' in page
                    assert exporter.process.peak_memory() - memory < MEMORY_ALLOWED
                    assert exporter.process.cpu() - cpu < CPU_ALLOWED


def scraped_beside_health_checks(exporter: Exporter) -> str:
    with concurrent.futures.ThreadPoolExecutor() as executor:
        page = executor.submit(exporter.get("/metrics", seconds=60).read)
        while not page.done():
            assert exporter.get("/-/healthy", seconds=60).read()[0] == 200
            time.sleep(0.01)
    return page.result()[1]
