"""One misbehaving API for all tests, on both event loops."""

from collections.abc import Iterator

import pytest

from tests.integration.faults.injector import Injector


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(scope="session")
def running_injector() -> Iterator[Injector]:
    with Injector() as injector:
        yield injector


@pytest.fixture
def injector(running_injector: Injector) -> Injector:
    running_injector.behave()
    running_injector.forget()
    return running_injector
