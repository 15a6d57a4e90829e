"""Values made from files, and made again when a file changes."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from betatel_exporter.files.reading import UnreadableError, UnusableError, read

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Files:
    """Reads files and knows whether any of them has changed since.

    Contents are compared rather than times and inodes: two writes within one tick of the file system's clock look alike to
    stat(2), and a corrected permission or a swapped symbolic link is a change too.
    """

    def __init__(self) -> None:
        self._digests: dict[tuple[Path, int], bytes] = {}

    def read(self, path: Path, limit: int) -> bytes:
        """The content of a regular file of at most `limit` bytes; raises UnreadableError."""
        content = read(path, limit)
        self._digests[path, limit] = _digest(content)
        return content

    def changed(self) -> bool:
        """Reads every file again, some twenty microseconds each."""
        try:
            return any(_digest(read(*file)) != digest for file, digest in self._digests.items())
        except UnreadableError:
            return True


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


class Followed(Generic[T]):
    """A value made from files. After a failed load the last good value stays in use, and every access tries again."""

    def __init__(
        self,
        load: Callable[[Files], T],
        name: str,
        details: Mapping[str, str] | None = None,
        log: logging.Logger = logger,
    ) -> None:
        """`load` reads every file through the Files it is given, and raises UnusableError for a file with a fault.

        Nothing is loaded before `current` is asked for. `name` and `details` are what log lines call the value, and fields
        of these lines.
        """
        self.fault: str | None = None
        """Why the files could not be used when last read; None where `current` is what they said."""
        self._load = load
        self._name = name
        self._details = details or {}
        self._log = log
        self._good: tuple[T, Files] | None = None

    @property
    def current(self) -> T:
        """The value as the files have it now, else the last good one; raises UnusableError where there is none."""
        if self._good is None:
            self._good = self._loaded()
        elif self.fault is not None or self._good[1].changed():
            self._good = self._reloaded(self._good)
        return self._good[0]

    def _loaded(self) -> tuple[T, Files]:
        files = Files()
        return self._load(files), files

    def _reloaded(self, good: tuple[T, Files]) -> tuple[T, Files]:
        try:
            good = self._loaded()
        except UnusableError as error:
            if self.fault != str(error):
                extra = {**self._details, "error": str(error)}
                self._log.error(f"{self._name} not reloaded, keeping the last good one", extra=extra)
            self.fault = str(error)
        else:
            self.fault = None
            self._log.info(f"{self._name} reloaded", extra=self._details)
        return good
