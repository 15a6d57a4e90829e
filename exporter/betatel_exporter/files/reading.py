"""Bounded reads of regular files, which never wait."""

import errno
import os
import stat
from pathlib import Path

SECRET_BYTES = 64 * 1024
"""Limit for a key, a certificate or a private key."""

BUNDLE_BYTES = 1024 * 1024
"""Limit for certificate authorities: the system's bundles have some 300 KB."""

DOCUMENT_BYTES = 256 * 1024
"""Limit for a YAML document."""


class UnreadableError(Exception):
    """A file that cannot be read. The text contains the path only if it exists, else the folder that exists."""

    def __init__(self, path: Path, number: int, problem: str) -> None:
        super().__init__(_described(path, problem))
        self.errno = number


def read(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes; raises UnreadableError.

    Opening a named pipe would wait for a writer, and reading a device might never end: neither is read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:  # a null character in the path
        raise UnreadableError(path, errno.EINVAL, "not the path of a file") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError(path, errno.EINVAL, "not a regular file")
        content = _read_up_to(descriptor, limit + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise UnreadableError(path, errno.EFBIG, f"larger than {limit // 1024} KiB")
    return content


def _read_up_to(descriptor: int, size: int) -> bytes:
    content = b""
    while len(content) < size and (chunk := os.read(descriptor, size - len(content))):
        content += chunk
    return content


def _unreadable(path: Path, error: OSError) -> UnreadableError:
    return UnreadableError(path, error.errno or 0, (error.strerror or "cannot be read").lower())


def _described(path: Path, problem: str) -> str:
    if os.path.lexists(path):
        return f"{path}: {problem}"
    folder = next(filter(os.path.isdir, path.parents), Path())
    return f"{problem} in {'the working directory' if folder == Path() else folder}"
