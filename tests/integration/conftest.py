"""A misbehaving API, certificate authorities and the log, for all tests."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from betatel_exporter import logs
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


@pytest.fixture(params=["uvloop", "asyncio"])
def on_loop(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Variables with which the command runs on this loop."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
        return {}
    (tmp_path / "uvloop.py").write_text("raise ImportError")
    return {"PYTHONPATH": str(tmp_path)}


@pytest.fixture
def logged() -> io.StringIO:
    """What all loggers of this process write, of any level, in both formats of the exporter's log."""
    root = logging.getLogger()
    stream = io.StringIO()
    both = []
    for form in ("logfmt", "json"):
        logs.configure("debug", form)
        (configured,) = root.handlers
        configured.close()
        both.append(logging.StreamHandler(stream))
        both[-1].setFormatter(configured.formatter)
    root.handlers[:] = both
    for name in ("", *logs.QUIET):
        logging.getLogger(name).setLevel(1)
    return stream
