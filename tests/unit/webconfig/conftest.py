from pathlib import Path

import pytest
import trustme

from tests.support.webconfig import Folder


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def folder(tmp_path: Path, ca: trustme.CA) -> Folder:
    folder = Folder(tmp_path, ca)
    folder.certify()
    return folder
