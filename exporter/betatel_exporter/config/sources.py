"""The settings from flags, environment and file, in this order of precedence."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from betatel_exporter.config.accounts import Given
from betatel_exporter.config.errors import SettingsError
from betatel_exporter.config.model import AccountSettings, Settings
from betatel_exporter.config.setting import PREFIX, settings_of
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

Values = Mapping[str, Value]
"""By the key of a setting; without settings that are not set."""

SETTINGS = tuple(settings_of(Settings))
ACCOUNT_SETTINGS = tuple(settings_of(AccountSettings))
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


class Sources:
    """Reads what is given, and collects what is wrong with it."""

    def __init__(self, flags: Mapping[str, str], environ: Mapping[str, str]) -> None:
        """`flags` by the key of the setting. Raises SettingsError for a settings file that cannot be read."""
        self.faults = list(_unknown_variables(environ))
        by_flag, by_variable = dict(_flags(flags)), dict(_variables(environ))
        path = by_flag.get("config_file") or by_variable.get("config_file")
        self._document = self._read_document(path) if path else {}
        in_file = {key: value for key, value in self._document.items() if key != "accounts"}
        self._by_precedence = [by_flag, by_variable, in_file]
        self._values: Values = self._document | by_variable | by_flag

    def settings(self) -> Settings:
        """With the defaults in place of what is wrong."""
        try:
            return _settings(self._by_precedence)
        except ValidationError as error:
            self.faults += map(_fault, error.errors())
            wrong = {_key(detail) for detail in error.errors()}
        return _settings(
            [{key: source[key] for key in source.keys() - wrong} for source in self._by_precedence]
        )

    def accounts(self, settings: Settings) -> list[Given]:
        """Those of the list, or the one that the settings describe; without those that cannot be parsed."""
        listed = self._document.get("accounts")
        if listed is None:
            return [self._one_account(settings)]
        mixed = [self._values[key].name for key in ONE_ACCOUNT.values() if key in self._values]
        if mixed:
            self.faults.append(f"accounts: not allowed together with {' and '.join(mixed)}")
        return [given for item in self._items(listed) if (given := self._account(item)) is not None]

    def fault(self, key: str, problem: str) -> str:
        """A fault of a setting that is set."""
        return str(self._values[key].fault(problem))

    def _read_document(self, path: Value) -> dict[str, Value]:
        try:
            file = path.path()
            return dict(self._flat(parse(read(file, DOCUMENT_BYTES), file)))
        except UnreadableError as error:
            self.faults.append(f"{path.name}: {error}")
        except DocumentError as error:
            self.faults.append(str(error))
        raise SettingsError(self.faults)

    def _flat(self, document: Value) -> Iterator[tuple[str, Value]]:
        """The settings of a document, those of its sections included."""
        names: dict[str, list[str]] = {name: [] for name in ("", *SECTIONS)}
        for setting in SETTINGS:
            if setting.in_file:
                names[setting.section].append(setting.name)
        for name, member in self._members(document, ["accounts", *SECTIONS, *names[""]]):
            if name in SECTIONS:
                yield from ((f"{name}.{key}", value) for key, value in self._members(member, names[name]))
            else:
                yield name, member

    def _members(self, value: Value, known: Collection[str]) -> Iterator[tuple[str, Value]]:
        """The members that are set; the others count as unset, and unknown ones are faults."""
        try:
            members = value.members()
        except DocumentError as error:
            self.faults.append(str(error))
            return
        for name, member in members.items():
            if name not in known:
                self.faults.append(str(member.fault(f"unknown setting{did_you_mean(name, known)}")))
            elif not member.empty:
                yield name, member

    def _items(self, listed: Value) -> Iterable[Value]:
        try:
            if items := listed.items():
                return items
            self.faults.append(str(listed.fault("must contain an account")))
        except DocumentError as error:
            self.faults.append(str(error))
        return ()

    def _account(self, item: Value) -> Given | None:
        item = _named(item)
        known_faults = len(self.faults)
        values = dict(self._members(item, [setting.key for setting in ACCOUNT_SETTINGS]))
        try:
            account = AccountSettings.model_validate(values)
        except ValidationError as error:
            for detail in error.errors():
                missing = detail["type"] == "missing"
                self.faults.append(
                    str(item.absent(_key(detail)).fault("required")) if missing else _fault(detail)
                )
        if len(self.faults) > known_faults:
            return None
        places = {
            setting.key: item.absent(setting.key) for setting in ACCOUNT_SETTINGS
        } | self._shared_places()
        return Given(
            settings=account,
            places=places | values,
            key_place=item.absent("api_key_file or api_key"),
        )

    def _one_account(self, settings: Settings) -> Given:
        titles = {setting.key: setting.title for setting in SETTINGS}
        if "account_id" not in self._values:
            self.faults.append(f"{titles['account_id']}: required")
        account = AccountSettings.model_construct(
            name=settings.account_name,
            account_id=settings.account_id or "",
            api_key_file=settings.api_key_file,
            api_key=settings.api_key,
            daily_budget=settings.daily_budget,
        )
        places = {
            key: self._values.get(outside) or Value.of_text(titles[outside], "")
            for key, outside in ONE_ACCOUNT.items()
        }
        key_place = Value.of_text(f"{titles['api_key_file']} or {titles['api_key']}", "")
        return Given(settings=account, places=places | self._shared_places(), key_place=key_place)

    def _shared_places(self) -> dict[str, Value]:
        (setting,) = (setting for setting in SETTINGS if setting.key == "base_url")
        return {"base_url": self._values.get("base_url") or Value.of_text(setting.title, "")}


class _Source(PydanticBaseSettingsSource):
    """Values by key as pydantic-settings takes them: sections as dictionaries."""

    def __init__(self, settings_cls: type[BaseSettings], values: Values) -> None:
        super().__init__(settings_cls)
        self._values = values

    def __call__(self) -> dict[str, Any]:
        nested: dict[str, Any] = {}
        for key, value in self._values.items():
            *sections, name = key.split(".")
            place = nested
            for section in sections:
                place = place.setdefault(section, {})
            place[name] = value
        return nested

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # __call__ returns all fields at once


class _SourcedSettings(Settings):
    """Settings from the sources it is given; a class made for each call would take five milliseconds."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **__: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        by_precedence = cast("InitSettingsSource", init_settings).init_kwargs["by_precedence"]
        return tuple(_Source(settings_cls, values) for values in by_precedence)


def _settings(by_precedence: Sequence[Values]) -> Settings:
    """Raises ValidationError, whose inputs are Values."""
    return cast("Settings", cast("Any", _SourcedSettings)(by_precedence=by_precedence))


def _fault(detail: ErrorDetails) -> str:
    """The parsers raise DocumentError, which names the place and not the value."""
    return str(detail["ctx"]["error"])


def _key(detail: ErrorDetails) -> str:
    return ".".join(map(str, detail["loc"]))


def _flags(flags: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    for setting in SETTINGS:
        if setting.key in flags:
            yield setting.key, Value.of_text(setting.flag or setting.key, flags[setting.key])


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    """Empty variables count as unset."""
    for setting in SETTINGS:
        if setting.variable and environ.get(setting.variable):
            yield setting.key, Value.of_text(setting.variable, environ[setting.variable])


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    allowed = [setting.variable for setting in SETTINGS if setting.variable]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in allowed and not SERVICE_LINK.fullmatch(name):
            yield f"{shown(name)}: unknown variable{did_you_mean(name, allowed)}"


def _named(item: Value) -> Value:
    """An account of the list, called by its name where that is safe to show."""
    name = item.content.get("name") if isinstance(item.content, Mapping) else None
    if name is None or not isinstance(name.content, str) or not is_name(name.content):
        return item
    return item.named(f"accounts.{name.content}")
