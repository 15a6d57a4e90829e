"""Fixtures that every test may use."""

import logging
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from betatel_exporter import logs
from tools.paths import program

pytest.register_assert_rewrite("tests.support.exporter")

# the same examples at every run, however slow the machine is; `make fuzz` draws new ones
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, or the others would be done long before them; a file on one worker, or as its tests say."""
    items.sort(key=lambda item: item.path.name not in {"test_end_to_end.py", "test_scenarios.py"})
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands configure the logging of the process: without this, later tests would log to the terminal."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("", *logs.QUIET)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Path of an outside tool; the test is skipped where it is missing, and fails under REQUIRE_TOOLS=1."""

    def find(name: str) -> str:
        path = program(name)
        if path is not None:
            return path
        if os.environ.get("REQUIRE_TOOLS") == "1":
            pytest.fail(f"{name} is not installed: make tools")
        pytest.skip(f"{name} is not installed")

    return find
