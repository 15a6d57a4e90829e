"""The accounts to collect, with everything decided: from one account's settings or from the list in the file."""

import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from betatel_exporter.api.models import Window
from betatel_exporter.config.key import ApiKey, FixedKey, KeyFile
from betatel_exporter.config.model import AccountSettings, Settings, is_loopback
from betatel_exporter.config.names import title

SINGLE = ("account_id", "account_name", "api_key", "api_key_file", "daily_budget")
"""Settings of one account, which the list of accounts replaces."""

Title = Callable[[str], str]


@dataclass(frozen=True)
class Target:
    name: str
    account_id: str
    key: ApiKey
    base_url: str
    windows: tuple[Window, ...]
    timezone: str
    daily_budget: Mapping[str, float]
    proxy: str | None

    def __repr__(self) -> str:
        return f"Target({self.name!r})"


def resolve(settings: Settings, faults: list[str]) -> tuple[Target, ...]:
    """Every account that is without a fault; the faults of the others are added to the list."""
    targets = []
    names: set[str] = set()
    for account, named in _accounts(settings, faults):
        if account.name in names:
            faults.append(
                f"{named('name')}: must differ from the other accounts', not {account.name!r} again"
            )
        names.add(account.name)
        base_url = account.base_url or settings.base_url
        url = urlsplit(base_url)
        if url.scheme == "http" and not is_loopback(url.hostname or "") and not settings.allow_http:
            faults.append(
                f"{named('base_url')}: must start with https:// unless it is loopback; allow_http permits it"
            )
        key = _key(account, named, faults)
        proxy = _proxy(url, faults)
        if key is not None:
            targets.append(
                Target(
                    name=account.name,
                    account_id=account.account_id,
                    key=key,
                    base_url=base_url,
                    windows=account.windows or settings.windows,
                    timezone=account.timezone or settings.timezone,
                    daily_budget=account.daily_budget,
                    proxy=proxy,
                )
            )
    return tuple(targets)


def _accounts(settings: Settings, faults: list[str]) -> Iterator[tuple[AccountSettings, Title]]:
    if settings.accounts:
        mixed = [title(name) for name in SINGLE if name in settings.model_fields_set]
        if mixed:
            faults.append(f"accounts: must stand alone, without {' and '.join(mixed)}")
        for index, account in enumerate(settings.accounts):
            yield account, lambda name, index=index: f"accounts.{index}.{name}"  # type: ignore[misc]
        return
    if settings.account_id is None:
        faults.append(f"{title('account_id')}: is required")
    single = AccountSettings(
        name=settings.account_name,
        account_id=settings.account_id or "missing",
        api_key=settings.api_key,
        api_key_file=settings.api_key_file,
        daily_budget=settings.daily_budget,
    )
    yield single, title


def _key(account: AccountSettings, named: Title, faults: list[str]) -> ApiKey | None:
    if (account.api_key is None) == (account.api_key_file is None):
        found = "neither is there" if account.api_key is None else "both are there"
        faults.append(f"{named('api_key')} or {named('api_key_file')}: exactly one is required, {found}")
        return None
    if account.api_key is not None:
        return FixedKey(account.api_key.get_secret_value())
    path = account.api_key_file
    assert path is not None  # noqa: S101  one of the two is there
    try:
        return KeyFile(path)
    except OSError as error:
        faults.append(f"{named('api_key_file')}: cannot read {path}: {error.strerror}")
    except ValueError as error:
        faults.append(f"{named('api_key_file')}: {path} {error}")
    return None


def _proxy(url: SplitResult, faults: list[str]) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name for a URL; it may carry a password."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.netloc):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        sendable = ":" not in unquote(parts.username or "")  # which ends the name in Proxy-Authorization
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and sendable
    except ValueError:
        usable = False
    if not usable:
        fault = f"{url.scheme.upper()}_PROXY or ALL_PROXY: must be a URL that starts with http:// or https://"
        if fault not in faults:
            faults.append(fault)
        return None
    return proxy
