"""Values made of files, and made again when a file changes."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from betatel_exporter.files.reading import UnreadableError, read

T = TypeVar("T")


class Files:
    """Reads files and knows whether any of them has changed since.

    Contents are compared rather than times and inodes: two writes within one tick of the file system's clock look alike to
    stat(2), and a corrected permission or a swapped symbolic link is a change too. So is an error that is over.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[int, str]] = {}

    def read(self, path: Path, limit: int) -> bytes:
        """The content of a regular file of at most `limit` bytes; raises UnreadableError."""
        try:
            content = read(path, limit)
        except UnreadableError as error:
            self._seen[path] = limit, _fingerprint(error)
            raise
        self._seen[path] = limit, _fingerprint(content)
        return content

    def changed(self) -> bool:
        """Reads every file again, some ten microseconds each."""
        return any(_look(path, limit) != seen for path, (limit, seen) in self._seen.items())


class Followed(Generic[T]):
    """A value made of files. After a failed load the last good value stays in use, and every access tries again."""

    def __init__(
        self,
        load: Callable[[Files], T],
        *,
        errors: type[Exception] | tuple[type[Exception], ...],
        name: str,
        log: logging.Logger,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """`load` reads every file through the Files it is given, and raises one of `errors` for a file with a fault.

        Their texts are logged, so they must not contain secrets. `name` is the value's name in log lines, `details` are
        further fields. Nothing is loaded before `current` is asked for.
        """
        self._load = load
        self._errors = errors
        self._name = name
        self._log = log
        self._details = details or {}
        self._fault: str | None = None
        self._good: tuple[T, Files] | None = None

    @property
    def current(self) -> T:
        """The value as the files have it now, else the last good one; raises what `load` raises where there is none."""
        if self._good is None:
            self._good = self._loaded()
        elif self._fault is not None or self._good[1].changed():
            self._reload()
        return self._good[0]

    @property
    def fault(self) -> str | None:
        """Why the files could not be used when last read; None where `current` is what they said."""
        return self._fault

    def _loaded(self) -> tuple[T, Files]:
        files = Files()
        return self._load(files), files

    def _reload(self) -> None:
        try:
            self._good = self._loaded()
        except self._errors as error:
            self._fail(str(error))
        else:
            self._fault = None
            self._log.info(f"{self._name} reloaded", extra=self._details)

    def _fail(self, fault: str) -> None:
        if fault != self._fault:
            extra = {**self._details, "error": fault}
            self._log.error(f"{self._name} not reloaded, keeping the last good one", extra=extra)
        self._fault = fault


def _look(path: Path, limit: int) -> str:
    try:
        return _fingerprint(read(path, limit))
    except UnreadableError as error:
        return _fingerprint(error)


def _fingerprint(outcome: bytes | UnreadableError) -> str:
    if isinstance(outcome, UnreadableError):
        return f"error {outcome.errno}"
    return hashlib.sha256(outcome).hexdigest()
