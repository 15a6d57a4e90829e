"""One misbehaving API for all tests."""

from collections.abc import Iterator

import pytest

from tools.faults.api import FakeApi
from tools.faults.network import Authorities


@pytest.fixture(scope="session")
def running_api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def api(running_api: FakeApi) -> FakeApi:
    running_api.behave()
    running_api.forget()
    return running_api


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return Authorities.new(tmp_path_factory.mktemp("authorities"))
