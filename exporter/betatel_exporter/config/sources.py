"""The settings from flags, environment and file, in this order of precedence."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic import ValidationError

from betatel_exporter.config.model import AccountSettings, Settings
from betatel_exporter.config.setting import ACCOUNT_SETTINGS, PREFIX, SETTINGS
from betatel_exporter.files import (
    DOCUMENT_BYTES,
    DocumentError,
    UnreadableError,
    Value,
    did_you_mean,
    is_name,
    parse,
    read,
    shown,
)

Values = dict[str, Value]
"""By the key of a setting; without settings that are not set."""

SECTIONS = ("web", "log")

ONE_ACCOUNT = {
    "name": "account_name",
    "account_id": "account_id",
    "api_key_file": "api_key_file",
    "api_key": "api_key",
    "daily_budget": "daily_budget",
}
"""By the key within the list of accounts: the setting outside of it, which the list replaces."""

SERVICE_LINK = re.compile(r"BETATEL_\w*?(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(TCP|UDP|SCTP)\w*)")
"""Variables that Kubernetes sets in every pod for a Service whose name begins with betatel."""

MAX_FAULTS = 50


class SettingsError(Exception):
    """Settings that cannot be used; one line per fault, without values."""

    def __init__(self, faults: Iterable[str | DocumentError]) -> None:
        unique = dict.fromkeys(map(str, faults))  # accounts may share what is wrong
        lines = list(map(_one_line, unique))
        if len(lines) > MAX_FAULTS:
            lines[MAX_FAULTS:] = [f"and {len(lines) - MAX_FAULTS} more"]
        self.faults = tuple(lines)
        super().__init__("\n".join(lines))


class Sources:
    """Reads flags, environment and file, and collects their faults."""

    def __init__(self, flags: Mapping[str, str], environ: Mapping[str, str]) -> None:
        """`flags` by the key of the setting. Raises SettingsError for a settings file that cannot be read."""
        self.faults: list[str | DocumentError] = [*_unknown_variables(environ)]
        by_flag = {
            setting.key: Value.of_text(setting.flag or setting.key, flags[setting.key])
            for setting in SETTINGS
            if setting.key in flags
        }
        by_variable = {
            setting.key: Value.of_text(setting.variable, environ[setting.variable])
            for setting in SETTINGS
            if environ.get(setting.variable)  # empty variables count as unset
        }
        path = (by_variable | by_flag).get("config_file")
        in_file = self._read(path) if path else {}
        self._listed = in_file.pop("accounts", None)
        self._by_precedence: Sequence[Values] = (by_flag, by_variable, in_file)
        self.values: Values = in_file | by_variable | by_flag
        self._wrong: Collection[str] = ()

    def settings(self) -> Settings:
        """The settings, with defaults in place of invalid values."""
        try:
            return _settings(self._by_precedence)
        except ValidationError as error:
            faults = _faults(error, _unset)
        self.faults += faults.values()
        self._wrong = faults.keys()
        right = [{key: values[key] for key in values.keys() - faults} for values in self._by_precedence]
        return _settings(right)

    def accounts(self) -> Iterator[tuple[AccountSettings, Values]]:
        """The accounts of the list, or the only one, each with its Values; those with faults are left out."""
        outside = {name: self.values[key] for name, key in ONE_ACCOUNT.items() if key in self.values}
        if self._listed is None:
            yield from self._account({"name": Value.of_text("account_name", "default")} | outside, _unset)
            return
        if outside:
            mixed = " and ".join(value.name for value in outside.values())
            self.faults.append(f"accounts: not allowed together with {mixed}")
        for item in self._listed.items():
            try:
                account = _named(item)
                values = self._members(account, [setting.key for setting in ACCOUNT_SETTINGS])
            except DocumentError as error:
                self.faults.append(error)
            else:
                yield from self._account(values, account.absent)

    def _read(self, path: Value) -> dict[str, Value]:
        top = [setting.key for setting in SETTINGS if len(setting.path) == 1 and setting.key != "config_file"]
        try:
            file = path.path()
            document = parse(read(file, DOCUMENT_BYTES), file)
            values = self._members(document, ["accounts", *SECTIONS, *top])
            for section in SECTIONS:
                known = [setting.path[-1] for setting in SETTINGS if setting.path[:-1] == (section,)]
                members = self._members(values.pop(section), known) if section in values else {}
                values |= {f"{section}.{name}": member for name, member in members.items()}
            if "accounts" in values and not values["accounts"].items():
                raise values["accounts"].fault("must contain an account")
        except UnreadableError as error:
            self.faults.append(f"{path.name}: {error}")
        except DocumentError as error:
            self.faults.append(error)
        else:
            return values
        raise SettingsError(self.faults)

    def _members(self, value: Value, known: Collection[str]) -> dict[str, Value]:
        """The members that are set; unknown ones are faults. Raises DocumentError where it is not a mapping."""
        members = value.members()
        for name, member in members.items():
            if name not in known:
                self.faults.append(member.fault(f"unknown setting{did_you_mean(name, known)}"))
        return {name: member for name, member in members.items() if name in known and not member.empty}

    def _account(
        self, own: Values, absent: Callable[[str], Value]
    ) -> Iterator[tuple[AccountSettings, Values]]:
        shared = {setting.key for setting in ACCOUNT_SETTINGS} - {*ONE_ACCOUNT, *self._wrong}
        values = {key: self.values[key] for key in shared & self.values.keys()} | own
        try:
            account = AccountSettings.model_validate(values)
        except ValidationError as error:
            self.faults += _faults(error, absent).values()
        else:
            yield account, values
        if ("api_key" in own) == ("api_key_file" in own):
            found = "both are set" if "api_key" in own else "neither is set"
            problem = f"exactly one is required, {found}"
            self.faults.append(absent("api_key_file or api_key").fault(problem))


def _settings(by_precedence: Iterable[Values]) -> Settings:
    """Raises ValidationError."""
    return cast("Settings", cast("Any", Settings)(sources=list(map(_nested, by_precedence))))


def _nested(values: Values) -> dict[str, Any]:
    """As the model takes them: sections as dictionaries."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        (nested.setdefault(section, {}) if section else nested)[name] = value
    return nested


def _faults(error: ValidationError, absent: Callable[[str], Value]) -> dict[str, DocumentError]:
    """By the key of the setting. The parsers raise DocumentError, which names the place and not the value."""
    faults: dict[str, DocumentError] = {}
    for detail in error.errors():
        key = ".".join(map(str, detail["loc"]))
        missing = detail["type"] == "missing"
        faults[key] = absent(key).fault("required") if missing else detail["ctx"]["error"]
    return faults


def _unset(keys: str) -> Value:
    """A setting of the only account that is not set, or two, for errors about it."""
    names = {setting.key: ", ".join(filter(None, (setting.flag, setting.variable))) for setting in SETTINGS}
    return Value.of_text(" or ".join(f"{key} ({names[key]})" for key in keys.split(" or ")), "")


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    allowed = [setting.variable for setting in SETTINGS]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in allowed and not SERVICE_LINK.fullmatch(name):
            yield f"{shown(name)}: unknown variable{did_you_mean(name, allowed)}"


def _named(item: Value) -> Value:
    """An account of the list, called by its name where that is safe to show. Raises DocumentError."""
    name = item.members().get("name")
    if name is None or not isinstance(name.content, str) or not is_name(name.content):
        return item
    return replace(item, name=f"accounts.{name.content}")


def _one_line(fault: str) -> str:
    """The name of a file may contain anything."""
    return fault if fault.isprintable() else fault.encode("unicode_escape").decode()
