import logging
import os
from pathlib import Path

import pytest

from betatel_exporter.config.key import FixedKey, KeyFile


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("one\n")
    key = KeyFile(file)
    assert key() == "one"
    file.write_text("other\r\n")
    assert key() == "other"


def test_a_swapped_link_is_followed(tmp_path: Path) -> None:
    """As Kubernetes changes a mounted secret; both files may have the same size and time."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "key").write_text(name)
        os.utime(tmp_path / name / "key", (1, 1))
    data = tmp_path / "..data"
    data.symlink_to("one")
    (tmp_path / "key").symlink_to("..data/key")
    key = KeyFile(tmp_path / "key")
    assert key() == "one"
    new = tmp_path / "..data_tmp"
    new.symlink_to("two")
    new.replace(data)
    assert key() == "two"


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff", None])
def test_a_file_gone_bad_keeps_the_last_key_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    caplog.set_level(logging.INFO)
    file = tmp_path / "key"
    file.write_text("good")
    key = KeyFile(file)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert [key(), key()] == ["good", "good"]
    assert [record.getMessage() for record in caplog.records] == ["key file unusable, keeping the last key"]
    file.write_text("better")
    assert key() == "better"
    assert caplog.records[-1].getMessage() == "key file read"


def test_a_key_is_never_in_a_repr(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("secret-1")
    assert "secret-1" not in repr(KeyFile(file)) + repr(FixedKey("secret-1"))
