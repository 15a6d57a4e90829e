"""The settings: one model, three sources. Reads the given environment, and files.

A fault is one line that names the place, the problem and what is allowed, and never a value: it may be a key in the wrong
place. What needs an HTTP client or TLS is imported where it is used: --help imports this package.
"""

from betatel_exporter.config.load import AccountConfig, Configuration, load
from betatel_exporter.config.model import AccountSettings, Settings
from betatel_exporter.config.setting import ACCOUNT_SETTINGS, SETTINGS, Setting
from betatel_exporter.config.sources import ONE_ACCOUNT, SettingsError

__all__ = [
    "ACCOUNT_SETTINGS",
    "ONE_ACCOUNT",
    "SETTINGS",
    "AccountConfig",
    "AccountSettings",
    "Configuration",
    "Setting",
    "Settings",
    "SettingsError",
    "load",
]
