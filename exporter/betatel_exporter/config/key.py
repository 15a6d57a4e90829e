"""API keys, read anew when their file changes."""

import logging
import os
from pathlib import Path

from betatel_exporter.config.model import checked_key

logger = logging.getLogger(__name__)

Signature = tuple[int, int, int]


class FixedKey:
    """A key from a variable or the settings file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "FixedKey(**********)"

    def __call__(self) -> str:
        return self._key


class KeyFile:
    """A key in a file; calling it gives the key as the file has it now.

    Kubernetes changes a mounted secret by swapping a symbolic link: the file's identity changes with it. A file that went
    away or holds no key leaves the last good key in use, said in the log once.
    """

    def __init__(self, path: Path) -> None:
        """Read the file; raises OSError and ValueError, which never quote its content."""
        self._path = path
        self._seen = self._signature()
        self._key = self._read()

    def __repr__(self) -> str:
        return f"KeyFile({str(self._path)!r})"

    def __call__(self) -> str:
        try:
            signature = self._signature()
        except OSError:
            signature = None
        if signature != self._seen:
            self._seen = signature
            self._reload()
        return self._key

    def _reload(self) -> None:
        try:
            self._key = self._read()
        except (OSError, ValueError) as error:
            what = error.strerror if isinstance(error, OSError) else str(error)
            details = {"file": str(self._path), "error": what}
            logger.error("key file unusable, keeping the last key", extra=details)  # noqa: TRY400  a traceback says no more
        else:
            logger.info("key file read", extra={"file": str(self._path)})

    def _signature(self) -> Signature | None:
        stat = os.stat(self._path)  # noqa: PTH116  half the time of Path.stat, ten times a scrape
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def _read(self) -> str:
        try:
            return checked_key(self._path.read_bytes()[:8192].decode("ascii"))
        except UnicodeDecodeError:
            raise ValueError("must be printable ASCII") from None


ApiKey = FixedKey | KeyFile
