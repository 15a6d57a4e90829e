import logging
import os
from pathlib import Path

import pytest

from betatel_exporter.files import SECRET_BYTES, Files, Followed, UnusableError


def followed(path: Path, loads: list[int] | None = None) -> Followed[int]:
    def load(files: Files) -> int:
        content = files.read(path, SECRET_BYTES)
        if not content.isdigit():
            raise UnusableError("not a number")
        if loads is not None:
            loads.append(int(content))
        return int(content)

    return Followed(load, "number")


def rewrite(path: Path) -> None:
    """With the size and the times it had."""
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap_the_link(path: Path) -> None:
    """As Kubernetes changes a mounted volume."""
    (path.parent / "new").mkdir()
    (path.parent / "new" / "file").write_text("2")
    (path.parent / "..next").symlink_to("new")
    (path.parent / "..next").rename(path.parent / "..data")


def replace(path: Path) -> None:
    path.unlink()
    path.write_text("2")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").write_text("1")
    (tmp_path / "..data").symlink_to("old")
    (tmp_path / "file").symlink_to("..data/file")
    return tmp_path / "file"


def test_every_way_to_change_a_file_is_followed(path: Path) -> None:
    for change in (rewrite, swap_the_link, replace):
        path.write_text("1")
        value = followed(path)
        assert value.current == 1
        change(path)
        assert value.current == 2, change


def test_nothing_is_loaded_again_while_the_contents_stay_the_same(path: Path) -> None:
    loads: list[int] = []
    value = followed(path, loads)
    assert value.current == 1
    path.write_text("1")
    assert (value.current, loads) == (1, [1])


def test_a_fault_keeps_the_last_good_value_and_is_logged_once_until_it_is_over(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    value = followed(path)
    assert value.current == 1
    path.write_text("one")
    assert [value.current, value.current] == [1, 1]
    fault: str | None = value.fault
    assert fault == "not a number"
    path.write_text("3")
    assert (value.current, value.fault) == (3, None)
    assert [record.getMessage() for record in caplog.records] == [
        "number not reloaded, keeping the last good one",
        "number reloaded",
    ]


def test_a_failed_load_is_retried_though_no_file_changes(path: Path) -> None:
    """As when a changed file is first read while no descriptor is left, or by OpenSSL, which reads files itself."""
    failing = False

    def load(files: Files) -> bytes:
        content = files.read(path, SECRET_BYTES)
        if failing:
            raise UnusableError
        return content

    value = Followed(load, "bytes")
    assert value.current == b"1"
    failing = True
    path.write_text("2")
    assert value.current == b"1"
    failing = False
    assert value.current == b"2"
