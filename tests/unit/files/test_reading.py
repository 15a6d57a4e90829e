import os
from pathlib import Path

import pytest

from betatel_exporter.files import SECRET_BYTES, UnreadableError, read

KEY = "5f2b8c0d9e1a4f7386b2c1d0e9f8a7b6"


def problem(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(path, SECRET_BYTES)
    return str(caught.value)


def test_a_file_up_to_the_limit_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * SECRET_BYTES)
    assert read(path, SECRET_BYTES) == b"x" * SECRET_BYTES
    path.write_bytes(b"x" * (SECRET_BYTES + 1))
    assert problem(path) == f"{path}: larger than 64 KiB"


def test_pipes_folders_and_devices_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert problem(tmp_path / "pipe") == f"{tmp_path}/pipe: not a regular file"
    assert problem(tmp_path) == f"{tmp_path}: is a directory"
    assert problem(Path("/dev/zero")) == "/dev/zero: not a regular file"


def test_a_path_is_repeated_only_as_far_as_it_exists(tmp_path: Path) -> None:
    """A key in place of the path of its file must not be printed."""
    assert problem(tmp_path / KEY) == f"no such file or directory in {tmp_path}"
    assert problem(Path(KEY)) == "no such file or directory in the working directory"
    for path in (KEY, f"/{KEY}", f"{KEY}/{KEY}", f"{KEY}\0", f"/tmp/{KEY * 20}", f"{tmp_path}/{KEY}/x"):  # noqa: S108
        assert KEY not in problem(Path(path))
