"""The files that settings name, followed as they change: API keys and certificate authorities."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from betatel_exporter.api.errors import Cause, KeyUnavailableError
from betatel_exporter.config.parsers import checked_key
from betatel_exporter.files import BUNDLE_BYTES, SECRET_BYTES, Files, Followed, UnusableError

if TYPE_CHECKING:
    import ssl


def key_file(path: Path, account: str) -> Followed[str]:
    """The key in a file, which is read at each access; that takes some twenty microseconds."""
    return Followed(lambda files: _key(path, files), "key file", {"account": account})


def current_key(key: Followed[str]) -> Callable[[], str]:
    """Reads the key; the function raises KeyUnavailableError where there is none."""

    def current() -> str:
        try:
            return key.current
        except UnusableError as error:
            raise KeyUnavailableError(f"{Cause.NO_KEY}: {error}") from None

    return current


def authorities(ca_file: Path | None) -> "Followed[ssl.SSLContext]":
    """A client context with the system's authorities and those of a PEM file."""
    return Followed(lambda files: _context(ca_file, files), "CA file")


def _key(path: Path, files: Files) -> str:
    try:
        return checked_key(files.read(path, SECRET_BYTES).decode("latin-1"))  # which it checks to be ASCII
    except ValueError as error:
        raise UnusableError(f"{path}: {error}") from None


def _context(ca_file: Path | None, files: Files) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415  not needed for --help

    context = ssl.create_default_context()
    if ca_file is None:
        return context
    pem = files.read(ca_file, BUNDLE_BYTES).decode("ascii", "ignore")
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise UnusableError(f"{ca_file}: must contain certificates in PEM form") from None
    return context
