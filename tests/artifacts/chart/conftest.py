from collections.abc import Callable

import pytest

from tests.support.chart import Chart


@pytest.fixture(scope="session")
def chart(tool: Callable[[str], str]) -> Chart:
    tool("helm")
    return Chart()
