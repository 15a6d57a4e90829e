"""Small files that are read again when they change."""

import errno
import hashlib
import os
import stat
from pathlib import Path

MAX_BYTES = 1024 * 1024


class Files:
    """Reads files and can tell later whether any of them is no longer what it was.

    Contents are compared rather than times and inodes: two writes within one tick of the file system's
    clock look alike to stat(2), and a mended permission or a swapped symbolic link is a change too.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, str] = {}

    def read(self, path: Path) -> bytes:
        """Raises OSError, also for what is no regular file or larger than 1 MiB."""
        try:
            contents = _contents(path)
        except OSError as error:
            self._seen[path] = _fingerprint(error)
            raise
        self._seen[path] = _fingerprint(contents)
        return contents

    def changed(self) -> bool:
        return any(_look(path) != seen for path, seen in self._seen.items())


def _look(path: Path) -> str:
    try:
        return _fingerprint(_contents(path))
    except OSError as error:
        return _fingerprint(error)


def _fingerprint(outcome: bytes | OSError) -> str:
    if isinstance(outcome, OSError):
        return f"error {outcome.errno}"
    return hashlib.sha256(outcome).hexdigest()


def _contents(path: Path) -> bytes:
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        contents = file.read(MAX_BYTES + 1)
    if len(contents) > MAX_BYTES:
        raise OSError(errno.EFBIG, "Larger than 1 MiB")
    return contents


def _open_without_waiting(path: str, flags: int) -> int:
    # Opening a named pipe would otherwise block until somebody writes to it.
    return os.open(path, flags | os.O_NONBLOCK)
