"""The live view of one web config file."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from betatel_exporter.webconfig.document import WebConfigError
from betatel_exporter.webconfig.files import Files
from betatel_exporter.webconfig.settings import read_settings
from betatel_exporter.webconfig.tls import SwitchingContext, server_context

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    context: ssl.SSLContext | None
    users: Mapping[str, bytes]


class WebConfig:
    """What the file and the files it names say now, or said last before somebody broke them.

    Reads the files whenever it is asked, some ten microseconds each. Belongs to one event loop.
    """

    def __init__(self, path: Path, *, log: logging.Logger = logger) -> None:
        """Raises WebConfigError."""
        self._path = path
        self._log = log
        self._fault: str | None = None
        self._files = Files()
        loaded = _load(path, self._files)
        self._users = loaded.users
        self._ssl_context = SwitchingContext(loaded.context, self._refresh) if loaded.context else None
        self._announce("web config loaded")

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """None where the file configures no TLS. Stays the same object; its connections follow the files."""
        return self._ssl_context

    @property
    def users(self) -> Mapping[str, bytes]:
        """bcrypt hashes by user name; empty where no password is asked for."""
        self._refresh()
        return self._users

    @property
    def reload_success(self) -> bool:
        """Whether what is in the files now is what is in use."""
        self._refresh()
        return self._fault is None

    def _refresh(self) -> None:
        if not self._files.changed():
            return
        self._files = Files()
        try:
            self._use(_load(self._path, self._files))
        except WebConfigError as error:
            self._fail(str(error))
        else:
            self._fault = None
            self._announce("web config reloaded")

    def _use(self, fresh: _Loaded) -> None:
        """A listener cannot change to TLS or back, and an emptied file must not open the door."""
        if (fresh.context is None) != (self._ssl_context is None):
            raise WebConfigError(f"{self._path}: tls_server_config: only a restart switches TLS on or off")
        if self._users and not fresh.users:
            raise WebConfigError(f"{self._path}: basic_auth_users: only a restart switches passwords off")
        self._users = fresh.users
        if self._ssl_context and fresh.context:
            self._ssl_context.current = fresh.context

    def _fail(self, fault: str) -> None:
        if fault != self._fault:
            self._log.error("web config not reloaded, the last good one stays in use", extra={"fault": fault})
        self._fault = fault

    def _announce(self, event: str) -> None:
        tls = self._ssl_context is not None
        self._log.info(event, extra={"file": str(self._path), "tls": tls, "users": len(self._users)})


def _load(path: Path, files: Files) -> _Loaded:
    settings = read_settings(path, files)
    context = server_context(settings.tls, files) if settings.tls else None
    return _Loaded(context, settings.users)
