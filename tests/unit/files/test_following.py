import logging
import os
from pathlib import Path

import pytest

from betatel_exporter.files import SECRET_BYTES, Files, Followed, UnusableError


class Loader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        self.loads = 0

    def __call__(self, files: Files) -> str:
        self.loads += 1
        text = files.read(self.path, SECRET_BYTES).decode()
        if self.fault:
            raise UnusableError(self.fault)
        return text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("1")
    return path


def test_every_way_to_change_a_file_is_followed(path: Path) -> None:
    value = Followed(Loader(path), "text")
    assert value.current == "1"
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert value.current == "2"
    path.unlink()
    path.symlink_to("..data/file")
    for folder in ("3", "4"):  # as Kubernetes changes a mounted volume
        (path.parent / folder).mkdir()
        (path.parent / folder / "file").write_text(folder)
        (path.parent / "..next").symlink_to(folder)
        (path.parent / "..next").rename(path.parent / "..data")
        assert value.current == folder


def test_nothing_is_loaded_again_while_the_contents_stay_the_same(path: Path) -> None:
    load = Loader(path)
    value = Followed(load, "text")
    assert value.current == "1"
    path.write_text("1")
    assert (value.current, load.loads) == ("1", 1)


def test_a_fault_keeps_the_last_good_value_and_is_logged_once_until_a_retry_succeeds(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    load = Loader(path)
    value = Followed(load, "text")
    assert value.current == "1"
    path.write_text("2")
    load.fault = "not a text"
    assert [value.current, value.current, value.fault] == ["1", "1", "not a text"]
    load.fault = ""
    path.write_text("1")  # as when it was last good
    assert [value.current, value.fault] == ["1", None]
    assert [record.getMessage() for record in caplog.records] == [
        "text not reloaded, keeping the last good one",
        "text reloaded",
    ]
