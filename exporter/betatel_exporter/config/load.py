"""The configuration from flags, environment and file, or every fault in them."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from betatel_exporter.config.followed import authorities, current_key, key_file
from betatel_exporter.config.model import AccountSettings, Settings
from betatel_exporter.config.proxies import proxy_for
from betatel_exporter.config.sources import SettingsError, Sources, Values
from betatel_exporter.files import DocumentError, UnusableError

if TYPE_CHECKING:
    import ssl

    from betatel_exporter.files import Followed


@dataclass(frozen=True)
class AccountConfig:
    settings: AccountSettings
    key: Callable[[], str] = field(repr=False)
    """The key as it is now; raises KeyUnavailableError."""
    proxy: str | None = field(repr=False)
    """A URL that may contain a password; None for a direct connection."""


@dataclass(frozen=True)
class Configuration:
    settings: Settings
    accounts: tuple[AccountConfig, ...]
    tls: "Followed[ssl.SSLContext] | None"
    """How the API's certificate is verified; its `current` follows ca_file. None where no account uses TLS."""
    warnings: tuple[str, ...] = ()
    """One line for each account whose key file is unusable for now: its queries fail until that is over."""


def load(flags: Mapping[str, str], environ: Mapping[str, str]) -> Configuration:
    """Flags (by key of the setting), BETATEL_ variables and the file, in this order of precedence.

    Raises SettingsError with every fault. An unusable key file is one only if no account has a usable key.
    """
    return _Loader(Sources(flags, environ), environ).configuration()


class _Loader:
    def __init__(self, sources: Sources, environ: Mapping[str, str]) -> None:
        self._sources = sources
        self._environ = environ
        self._settings = sources.settings()
        self._faults = sources.faults
        self._unusable: list[DocumentError] = []
        self._names: set[str] = set()

    def configuration(self) -> Configuration:
        accounts = tuple(self._account(*account) for account in self._sources.accounts())
        if len(self._unusable) == len(accounts):  # nothing could be collected
            self._faults += self._unusable
        tls = self._tls(accounts)
        if self._faults:
            raise SettingsError(self._faults)
        return Configuration(self._settings, accounts, tls, tuple(map(str, self._unusable)))

    def _account(self, account: AccountSettings, values: Values) -> AccountConfig:
        if account.name in self._names:
            self._faults.append(values["name"].fault("must differ from the names of the accounts above"))
        self._names.add(account.name)
        if _is_exposed(account.base_url) and not self._settings.allow_http:
            problem = "must start with https:// unless it is a loopback address; allow_http permits it"
            self._faults.append(values["base_url"].fault(problem))
        return AccountConfig(account, self._key(account, values), self._proxy(account.base_url))

    def _key(self, account: AccountSettings, values: Values) -> Callable[[], str]:
        if account.api_key_file is None:
            return lambda: account.api_key or ""  # without one, there is a fault already
        key = key_file(account.api_key_file, account.name)
        try:
            _ = key.current
        except UnusableError as error:
            self._unusable.append(values["api_key_file"].fault(str(error)))
        return current_key(key)

    def _proxy(self, base_url: str) -> str | None:
        try:
            return proxy_for(base_url, self._environ)
        except ValueError as error:
            self._faults.append(str(error))
            return None

    def _tls(self, accounts: tuple[AccountConfig, ...]) -> "Followed[ssl.SSLContext] | None":
        ca_file = self._settings.ca_file
        secure = any(account.settings.base_url.startswith("https:") for account in accounts)
        if not secure and not ca_file:
            return None
        tls = authorities(ca_file)
        if ca_file:
            try:
                _ = tls.current
            except UnusableError as error:
                self._faults.append(self._sources.values["ca_file"].fault(str(error)))
        return tls


def _is_exposed(url: str) -> bool:
    """Whether a key would travel over a network in plain text."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
