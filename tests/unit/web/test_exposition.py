import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from betatel_exporter.web.exposition import Writer, own_registry

pytestmark = pytest.mark.anyio


async def test_how_long_writing_takes_is_known_from_the_page_before() -> None:
    def families() -> Iterator[Metric]:
        time.sleep(0.05)
        yield GaugeMetricFamily("betatel_up", "Up.", value=1)

    writer = Writer()
    assert writer.takes(10) == pytest.approx(0.01)
    transport = httpx.ASGITransport(writer.page(families, accounts=5))
    async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
        assert "betatel_up 1.0" in (await client.get("/metrics")).text
    assert writer.takes(5) >= 0.05
    assert writer.takes(10) == pytest.approx(2 * writer.takes(5))


async def test_the_library_s_own_metrics_are_made_anew_whenever_asked() -> None:
    registry = own_registry()
    first, second = ({family.name for family in registry.collect()} for _ in range(2))
    assert first == second
    assert {"process_cpu_seconds", "python_info"} <= first
