"""The settings: one model, three ways to set them. Reads the environment it is given, and files.

A fault is one line that names the place, the problem and what is allowed, and never a value: it may be a key in the wrong
place. What needs an HTTP client or TLS is imported where it is used: --help imports this package.
"""

from betatel_exporter.address import Address
from betatel_exporter.config.accounts import AccountConfig
from betatel_exporter.config.errors import SettingsError
from betatel_exporter.config.load import Configuration, load
from betatel_exporter.config.model import Settings
from betatel_exporter.config.setting import Setting
from betatel_exporter.config.sources import ACCOUNT_SETTINGS, ONE_ACCOUNT, SETTINGS

__all__ = [
    "ACCOUNT_SETTINGS",
    "ONE_ACCOUNT",
    "SETTINGS",
    "AccountConfig",
    "Address",
    "Configuration",
    "Setting",
    "Settings",
    "SettingsError",
    "load",
]
