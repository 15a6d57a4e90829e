"""The configuration from flags, environment and file, or every fault in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from betatel_exporter.config.accounts import AccountConfig, AccountResolver
from betatel_exporter.config.errors import SettingsError
from betatel_exporter.config.model import Settings
from betatel_exporter.config.sources import Sources
from betatel_exporter.config.trust import UntrustedError, followed_context

if TYPE_CHECKING:
    import ssl

    from betatel_exporter.files import Followed


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
    sources = Sources(flags, environ)
    settings = sources.settings()
    resolver = AccountResolver(settings, environ)
    accounts = resolver.resolve(sources.accounts(settings))
    faults = [*sources.faults, *resolver.faults]
    secure = any(account.base_url.startswith("https:") for account in accounts)
    tls = followed_context(settings.ca_file) if secure or settings.ca_file else None
    if tls and settings.ca_file:
        try:
            _ = tls.current
        except UntrustedError as error:
            faults.append(sources.fault("ca_file", str(error)))
    if faults:
        raise SettingsError(faults)
    return Configuration(settings, accounts, tls, tuple(resolver.unusable))
