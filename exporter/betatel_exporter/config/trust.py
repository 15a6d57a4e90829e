"""The certificate authorities that the API's certificate is verified against."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from betatel_exporter.files import BUNDLE_BYTES, Files, Followed, UnreadableError

if TYPE_CHECKING:
    import ssl

logger = logging.getLogger(__name__)


class UntrustedError(Exception):
    """An unusable ca_file; the text is one line and safe to log."""


def followed_context(ca_file: Path | None) -> "Followed[ssl.SSLContext]":
    """A client context with the system's authorities and those of a PEM file, made again when the file changes."""
    return Followed(
        lambda files: _context(ca_file, files),
        errors=UntrustedError,
        name="CA file",
        log=logger,
    )


def _context(ca_file: Path | None, files: Files) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415  not needed for --help

    context = ssl.create_default_context()
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(cadata=files.read(ca_file, BUNDLE_BYTES).decode("ascii", "ignore"))
    except UnreadableError as error:
        raise UntrustedError(str(error)) from None
    except (ssl.SSLError, ValueError):
        raise UntrustedError(f"{ca_file}: must contain certificates in PEM form") from None
    return context
