"""The settings: one model, three ways in; the only reader of environment and files.

A fault is told on one line that names the setting, what is wrong and what is allowed. Neither a key nor an account id
appears in a fault or a repr.
"""

from betatel_exporter.address import Address
from betatel_exporter.config.load import Configuration, SettingsError, load, nearest, read
from betatel_exporter.config.model import Settings
from betatel_exporter.config.names import Setting, settings_of
from betatel_exporter.config.targets import Target

__all__ = [
    "Address",
    "Configuration",
    "Setting",
    "Settings",
    "SettingsError",
    "Target",
    "load",
    "nearest",
    "read",
    "settings_of",
]
