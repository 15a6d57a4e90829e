import os
from collections.abc import Callable
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


@pytest.mark.parametrize(
    ("make", "expected"), [(os.mkfifo, "not a regular file"), (os.mkdir, "is a directory")]
)
def test_what_is_no_regular_file_is_refused_without_waiting(
    tmp_path: Path, make: Callable[[Path], None], expected: str
) -> None:
    path = tmp_path / "file"
    make(path)
    assert problem(path) in {f"{path}: {expected}", f"{path}: not a regular file"}


def test_a_device_is_refused_without_reading_on() -> None:
    assert problem(Path("/dev/zero")) == "/dev/zero: not a regular file"


def test_a_path_is_repeated_only_as_far_as_it_exists(tmp_path: Path) -> None:
    """A key in place of the path of its file must not be printed."""
    assert problem(tmp_path / KEY) == f"no such file or directory in {tmp_path}"
    assert problem(Path(KEY)) == "no such file or directory in the working directory"
    for path in (KEY, f"/{KEY}", f"{KEY}/{KEY}", f"{KEY}\0", f"/tmp/{KEY * 20}", f"{tmp_path}/{KEY}/x"):  # noqa: S108
        assert KEY not in problem(Path(path))
