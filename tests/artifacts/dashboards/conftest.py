"""One Prometheus with the invented day for all tests that query it."""

from collections.abc import Callable, Iterator

import pytest

from tests.artifacts.dashboards.history import Past, prometheus


@pytest.fixture(scope="session")
def past(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    with prometheus(tool("promtool"), tool("prometheus"), tmp_path_factory.mktemp("prometheus")) as found:
        yield found
