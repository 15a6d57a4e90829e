"""What the worst answers cost the command, all queries meeting them at once and at full speed."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.command import account, serving
from tools.faults.api import QUERIES, FakeApi
from tools.faults.cases import FAULTS

MEMORY_ALLOWED = 40.0
"""MB more than before."""

CPU_ALLOWED = 1.0
"""Seconds of CPU: health checks wait no longer than that, on whatever machine."""


def test_the_worst_answers_cost_little_memory_and_keep_no_health_check_waiting(
    api: FakeApi, subtests: pytest.Subtests
) -> None:
    with serving(account(api.url)) as exporter, ThreadPoolExecutor() as executor:
        for _ in range(3):
            exporter.get("/metrics").read()
        for fault in reversed(FAULTS):  # the hungriest last, or they would hide what others take
            if not fault.big:
                continue
            with subtests.test(str(fault)):
                api.misbehave(QUERIES, fault.behave)
                exporter.process.reset_peak_memory()
                memory, cpu = exporter.process.memory(), exporter.process.cpu()
                scrape = executor.submit(exporter.get("/metrics").read)
                while not scrape.done():
                    assert exporter.healthy()
                    time.sleep(0.01)
                assert 'betatel_up{account="default"} 0.0' in scrape.result()[1]
                assert exporter.process.peak_memory() - memory < MEMORY_ALLOWED
                assert exporter.process.cpu() - cpu < CPU_ALLOWED
