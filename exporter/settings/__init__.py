"""The settings: one model, three ways in; the only reader of environment and files.

A fault is told on one line that names the setting, what is wrong and what is allowed. Neither a key nor an account id
appears in a fault or a repr.
"""

from exporter.settings.load import Configuration, SettingsError, load, nearest, read
from exporter.settings.model import Address, Settings
from exporter.settings.names import Setting, settings_of
from exporter.settings.targets import Target

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
