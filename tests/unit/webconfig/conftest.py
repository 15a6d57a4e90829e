from pathlib import Path

import pytest

from tests.support.webconfig import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.certified(tmp_path)
