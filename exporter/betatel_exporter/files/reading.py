"""Bounded reads of regular files, which never wait."""

import os
import stat
from pathlib import Path

SECRET_BYTES = 64 * 1024
"""Limit for a key, a certificate or a private key."""

BUNDLE_BYTES = 1024 * 1024
"""Limit for certificate authorities: the system's bundles have some 300 KB."""

DOCUMENT_BYTES = 256 * 1024
"""Limit for a YAML document."""


class UnusableError(Exception):
    """A file that cannot be used. The text is one line and safe to log."""


class UnreadableError(UnusableError):
    """A file that cannot be read. The text contains the path only if it exists, else the folder that exists."""

    def __init__(self, path: Path, problem: str) -> None:
        if os.path.lexists(path):
            super().__init__(f"{path}: {problem}")
        else:
            folder = next(filter(os.path.isdir, path.parents), Path())
            super().__init__(f"{problem} in {'the working directory' if folder == Path() else folder}")


def read(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes; raises UnreadableError.

    Opening a named pipe would wait for a writer, and reading a device might never end: neither is read.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableError(path, "not a regular file")
            content = file.read(limit + 1)
    except OSError as error:
        raise UnreadableError(path, (error.strerror or "cannot be read").lower()) from None
    except ValueError:  # a null character in the path
        raise UnreadableError(path, "not the path of a file") from None
    if len(content) > limit:
        raise UnreadableError(path, f"larger than {limit // 1024} KiB")
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
