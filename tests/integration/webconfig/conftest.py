"""A folder to write web config files to, and a server that uses one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import bcrypt
import pytest
import trustme

from betatel_exporter.webconfig import WebConfig
from tests.integration.webconfig.support import CheckPassword, Folder, Running, Serve, running


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


@pytest.fixture(params=["asyncio", "uvloop"])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Starts a server on each of the two event loops; it is stopped at the end of the test."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    with ExitStack() as stack:

        def start(config: WebConfig, checkpw: CheckPassword = bcrypt.checkpw) -> Running:
            return stack.enter_context(running(config, request.param, checkpw))

        yield start
