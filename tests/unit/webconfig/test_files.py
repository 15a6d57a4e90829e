import os
from pathlib import Path

import pytest

from betatel_exporter.webconfig.files import Files


def seen(*paths: Path) -> Files:
    files = Files()
    for path in paths:
        files.read(path)
    return files


def test_a_file_that_nobody_touched_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")

    assert not seen(path).changed()


def test_the_same_contents_written_again_are_no_change(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    files = seen(path)
    path.write_text("one")

    assert not files.changed()


def test_a_file_of_the_same_size_and_time_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    before = path.stat()
    files = seen(path)
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert files.changed()


def test_a_swapped_symbolic_link_has_changed(tmp_path: Path) -> None:
    """Kubernetes keeps a volume's files behind the link ..data and swaps that."""
    for version in ("v1", "v2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "file").write_text(version)
    (tmp_path / "..data").symlink_to("v1")
    path = tmp_path / "file"
    path.symlink_to("..data/file")
    files = seen(path)
    (tmp_path / "..next").symlink_to("v2")
    (tmp_path / "..next").rename(tmp_path / "..data")

    assert files.changed()


def test_a_file_that_comes_back_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files = Files()
    with pytest.raises(FileNotFoundError):
        files.read(path)
    assert not files.changed()
    path.write_text("one")

    assert files.changed()


def test_a_named_pipe_that_nobody_writes_to_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="Not a regular file"):
        Files().read(tmp_path / "pipe")
