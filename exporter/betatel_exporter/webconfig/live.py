"""The web config file as it is now."""

import logging
import ssl
from collections.abc import Mapping
from pathlib import Path

from betatel_exporter.files import DocumentError, Files, Followed, UnreadableError, UnusableError
from betatel_exporter.webconfig.settings import WebSettings, read_settings
from betatel_exporter.webconfig.tls import SwitchingContext

logger = logging.getLogger(__name__)


class WebConfigError(UnusableError):
    """The file, or one that it names, cannot be used. str() is one line: file, line, setting, problem, what is allowed."""


class WebConfig:
    """The web config file and the files it names, as they are now or as they last were valid.

    Reads the files at each access, about ten microseconds each. Belongs to one event loop.
    """

    def __init__(self, path: Path) -> None:
        """Raises WebConfigError."""
        self._path = path
        self._in_use: WebSettings | None = None
        self._config = Followed(self._load, "web config", {"file": str(path)}, logger)
        first = self._config.current
        self._ssl_context = SwitchingContext(self._context) if first.tls else None
        extra = {"file": str(path), "tls": first.tls is not None, "users": len(first.users)}
        logger.info("web config loaded", extra=extra)

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """None where the file configures no TLS. Stays the same object; its connections follow the files."""
        return self._ssl_context

    @property
    def users(self) -> Mapping[str, bytes]:
        """bcrypt hashes by user name; empty where no password is asked for."""
        return self._config.current.users

    @property
    def reload_success(self) -> bool:
        """Whether the current content of the files is in use."""
        current = self._config.current  # which looks at the files
        return current is self._in_use and self._config.fault is None

    def _context(self) -> ssl.SSLContext:
        context = self._config.current.tls
        assert context is not None  # noqa: S101  only a restart switches TLS off
        return context

    def _load(self, files: Files) -> WebSettings:
        try:
            loaded = read_settings(self._path, files)
        except UnreadableError as error:
            raise WebConfigError(f"web config file: {error}") from None
        except DocumentError as error:
            raise WebConfigError(str(error)) from None
        if self._in_use is not None:
            self._check_switches(self._in_use, loaded)
        self._in_use = loaded
        return loaded

    def _check_switches(self, before: WebSettings, after: WebSettings) -> None:
        """A listener cannot switch TLS on or off, and an emptied file must not switch passwords off."""
        if (before.tls is None) != (after.tls is None):
            raise WebConfigError(f"{self._path}: tls_server_config: only a restart switches TLS on or off")
        if before.users and not after.users:
            raise WebConfigError(f"{self._path}: basic_auth_users: only a restart switches passwords off")
