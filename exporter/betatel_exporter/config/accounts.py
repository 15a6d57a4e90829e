"""The accounts to collect, with everything decided: from one account's settings or from the list in the file."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config.keys import ApiKey, FixedKey, KeyFile
from betatel_exporter.config.model import AccountSettings, Settings
from betatel_exporter.config.proxies import proxy_for
from betatel_exporter.files import Value

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class AccountConfig:
    name: str
    account_id: str = field(repr=False)
    key: ApiKey = field(repr=False)
    """Call it for the key as it is now; raises KeyUnavailableError."""
    base_url: str = field(repr=False)
    windows: tuple[Window, ...]
    timezone: str
    daily_budget: Mapping[str, float]
    recent_pages: int
    recent_settle: float
    recent_destinations: int
    proxy: str | None = field(repr=False)
    """A URL that may contain a password; None for a direct connection."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """The settings of one account, and where they come from."""

    settings: AccountSettings
    places: Mapping[str, Value]
    """By the key of a setting, whether it is set or not."""
    key_place: Value
    """What errors call the choice between key file and key."""

    def fault(self, name: str, problem: str) -> str:
        return str(self.places[name].fault(problem))


class AccountResolver:
    """Turns accounts into their configurations, and collects what is wrong with them."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.faults: list[str] = []
        self.unusable: list[str] = []
        """Faults of key files, each of which makes its account unusable for now."""
        self._settings = settings
        self._environ = environ

    def resolve(self, accounts: Sequence[Given]) -> tuple[AccountConfig, ...]:
        """Every account without a fault. Unusable key files are faults only where no account has a usable key."""
        self._check_names(accounts)
        resolved = tuple(config for given in accounts if (config := self._resolve(given)) is not None)
        if len(self.unusable) == len(resolved):  # nothing could be collected
            self.faults += self.unusable
        return resolved

    def _check_names(self, accounts: Sequence[Given]) -> None:
        names: set[str] = set()
        for given in accounts:
            if given.settings.name in names:
                self.faults.append(given.fault("name", "must differ from the names of the accounts above"))
            names.add(given.settings.name)

    def _resolve(self, given: Given) -> AccountConfig | None:
        account, shared = given.settings, self._settings
        base_url = account.base_url or shared.base_url
        if _is_exposed(base_url) and not shared.allow_http:
            problem = "must start with https:// unless it is a loopback address; allow_http permits it"
            self._add(given.fault("base_url", problem))
        key = self._key(given)
        if key is None:
            return None
        return AccountConfig(
            name=account.name,
            account_id=account.account_id,
            key=key,
            base_url=base_url,
            windows=account.windows or shared.windows,
            timezone=account.timezone or shared.timezone,
            daily_budget=account.daily_budget,
            recent_pages=_either(account.recent_pages, shared.recent_pages),
            recent_settle=_either(account.recent_settle, shared.recent_settle),
            recent_destinations=_either(account.recent_destinations, shared.recent_destinations),
            proxy=self._proxy(base_url),
        )

    def _key(self, given: Given) -> ApiKey | None:
        account = given.settings
        if account.api_key is not None and account.api_key_file is None:
            return FixedKey(account.api_key)
        if account.api_key is None and account.api_key_file is not None:
            key = KeyFile(account.api_key_file, account.name)
            if problem := key.problem():
                self.unusable.append(given.fault("api_key_file", problem))
            return key
        found = "both are set" if account.api_key else "neither is set"
        self.faults.append(str(given.key_place.fault(f"exactly one is required, {found}")))
        return None

    def _proxy(self, base_url: str) -> str | None:
        try:
            return proxy_for(base_url, self._environ)
        except ValueError as error:
            self._add(str(error))
            return None

    def _add(self, fault: str) -> None:
        """Once, although several accounts may share what is wrong."""
        if fault not in self.faults:
            self.faults.append(fault)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_exposed(url: str) -> bool:
    """Whether a key would travel over a network in plain text."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _either(own: T | None, shared: T) -> T:
    return shared if own is None else own
