"""One Prometheus with the invented week for all tests that ask it."""

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.server import prometheus
from tests.artifacts.dashboards.week import Week


@pytest.fixture(scope="session")
def week(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "history.om").write_text(history.openmetrics())
    command = [tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", "-q", "history.om", "data"]
    subprocess.run(command, cwd=folder, check=True, timeout=60, capture_output=True)
    with prometheus(tool("prometheus"), folder, "scrape_configs: []\n") as server:
        yield Week(server)
