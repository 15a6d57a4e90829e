"""One misbehaving API for all tests, on both event loops."""

from collections.abc import Iterator

import pytest

from tools.faults.api import FakeApi


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(scope="session")
def running_api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def api(running_api: FakeApi) -> FakeApi:
    running_api.behave()
    running_api.forget()
    return running_api
