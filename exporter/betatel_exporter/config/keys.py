"""API keys, read again when their file changes."""

import logging
from pathlib import Path

from betatel_exporter.api.errors import Cause, KeyUnavailableError
from betatel_exporter.config.parsers import checked_key
from betatel_exporter.files import SECRET_BYTES, Files, Followed, UnreadableError

logger = logging.getLogger(__name__)


class _UnusableError(Exception):
    """A file without a key; the text is one line and safe to log."""


class FixedKey:
    """A key from a variable or the settings file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "FixedKey(**********)"

    def __call__(self) -> str:
        return self._key


class KeyFile:
    """A key in a file. Each call reads the file, which takes some five microseconds.

    A file that disappears or becomes unusable leaves the last good key in use, which is logged once.
    """

    def __init__(self, path: Path, account: str, log: logging.Logger = logger) -> None:
        """Does not read the file yet."""
        self._path = path
        self._key = Followed(
            self._load,
            errors=_UnusableError,
            name="key file",
            log=log,
            details={"account": account},
        )

    def __repr__(self) -> str:
        return "KeyFile(**********)"  # the path could be a key in the wrong place

    def __call__(self) -> str:
        """The key as the file has it now, else the last good one. Raises KeyUnavailableError where there is none."""
        try:
            return self._key.current
        except _UnusableError as error:
            raise KeyUnavailableError(f"{Cause.NO_KEY}: {error}") from None

    def problem(self) -> str | None:
        """Why there is no key; None if there is one."""
        try:
            _ = self._key.current
        except _UnusableError as error:
            return str(error)
        return None

    def _load(self, files: Files) -> str:
        try:
            content = files.read(self._path, SECRET_BYTES)
        except UnreadableError as error:
            raise _UnusableError(str(error)) from None
        try:
            return checked_key(content.decode("ascii"))
        except UnicodeDecodeError:
            raise _UnusableError(f"{self._path}: must be printable ASCII") from None
        except ValueError as error:
            raise _UnusableError(f"{self._path}: {error}") from None


ApiKey = FixedKey | KeyFile
