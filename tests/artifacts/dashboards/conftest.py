"""One Prometheus with the invented day for all tests that query it."""

import subprocess
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.artifacts.dashboards.history import Past, openmetrics
from tools.loopback import free_address
from tools.process import Process


@pytest.fixture(scope="session")
def past(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """The history becomes blocks of a new database, which a Prometheus that scrapes nothing serves."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "history.om").write_text(openmetrics())
    (folder / "prometheus.yml").touch()
    blocks = [tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", "-q", "history.om", "data"]
    subprocess.run(blocks, cwd=folder, check=True, timeout=120, capture_output=True)
    address = free_address()
    options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
    with Process([tool("prometheus"), *options], cwd=folder) as process:
        process.wait_for("Server is ready to receive web requests")
        with httpx.Client(base_url=f"http://{address}", trust_env=False) as client:
            yield Past(client)
