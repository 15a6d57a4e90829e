"""A folder to write web config files to, and a server that uses one."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from betatel_exporter.webconfig import WebConfig
from tests.integration.webconfig.support import Running, running
from tests.support.webconfig import Folder

Serve = Callable[[WebConfig], Running]


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def other_ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def folder(tmp_path: Path, ca: trustme.CA) -> Folder:
    folder = Folder(tmp_path, ca)
    folder.certify()
    return folder


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server on asyncio's own loop; it is stopped at the end of the test."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(running(config, asyncio.new_event_loop))


@pytest.fixture(params=["asyncio", "uvloop"])
def serve_on_both_loops(request: pytest.FixtureRequest) -> Iterator[Serve]:
    new_loop = asyncio.new_event_loop
    if request.param == "uvloop":
        new_loop = pytest.importorskip("uvloop").new_event_loop
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(running(config, new_loop))
