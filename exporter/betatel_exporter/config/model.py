"""The settings as one frozen model; descriptions, defaults and bounds here are what the flags and the docs show."""

import ipaddress
import re
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from betatel_exporter.address import DEFAULT_ADDRESS, Address, parse_address
from betatel_exporter.api.models import Window
from betatel_exporter.strictyaml import read_yaml

API_URL = "https://api.betatel.com/api/v1/connect-hub"
VARIABLE_ONLY: dict[str, Any] = {"flag": False}
"""Marks a field that is never a flag: what is on a command line is in every process list."""
FILE_ONLY: dict[str, Any] = {"flag": False, "variable": False}


def _address(value: object) -> object:
    return parse_address(value) if isinstance(value, str) else value


def _base_url(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError("must be a URL of printable ASCII characters")
    try:
        url = urlsplit(value)
        host, _ = url.hostname, url.port
        (host or "").encode("idna")  # what looking it up will do: labels of 1 to 63 characters
    except ValueError:
        raise ValueError("must be a URL with a valid host and port") from None
    if url.scheme not in {"http", "https"} or not host:
        raise ValueError("must start with https:// (or http://) and name a host")
    if "@" in url.netloc:
        raise ValueError("must not carry user or password: the API is authenticated by key and account id")
    if url.query or url.fragment:
        raise ValueError("must not have a query or a fragment")
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _timezone(value: str) -> str:
    if value == "UTC":
        return value
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # a machine without a time zone database cannot tell; the API will
        if zoneinfo.available_timezones() or not re.fullmatch(r"[A-Za-z0-9_+/-]+", value):
            raise ValueError("must be an IANA time zone, such as UTC or Europe/Sarajevo") from None
    return value


def _windows(value: object) -> object:
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if isinstance(parts, list | tuple):
        allowed = ", ".join(Window)
        if not parts or not all(part in list(Window) for part in parts):
            raise ValueError(f"must be one or more of {allowed}")
        if len(set(parts)) != len(parts):
            raise ValueError("must not name a window twice")
    return parts


def _budget(value: object) -> object:
    """``EUR=50,USD=20``, or a mapping."""
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",")]
        value = {currency.strip(): amount.strip() for currency, _, amount in pairs}
    if isinstance(value, Mapping) and not all(
        re.fullmatch("[A-Z]{3,5}", str(currency)) for currency in value
    ):
        raise ValueError("must name currencies in capitals with their amounts, such as EUR=50,USD=20")
    return value


def _key(value: object) -> object:
    return SecretStr(checked_key(value)) if isinstance(value, str) else value


def checked_key(text: str) -> str:
    """A key as it can stand in a header: one word of printable ASCII; raises ValueError, never quoting it."""
    key = text.strip("\r\n")
    if not key.strip():
        raise ValueError("is empty")
    if not re.fullmatch(r"[!-~]{1,4096}", key):
        raise ValueError("must be one line of at most 4096 printable ASCII characters without spaces")
    return key


def _file(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("must be the path of a file")
    return path


def _matching(pattern: str, message: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(message)
        return value

    return AfterValidator(check)


AccountName = Annotated[
    str,
    _matching(
        r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
        "must be at most 63 letters, digits, dots, dashes and underscores, the first a letter or a digit",
    ),
]
AccountId = Annotated[str, _matching(r"[!-~]{1,256}", "must be printable ASCII characters without spaces")]
TelemetryPath = Annotated[
    str,
    _matching(
        r"(?!/probe$|/-/)(/[A-Za-z0-9._~-]+)+",
        "must be a path such as /metrics, of letters, digits and ._~-, other than /probe and what begins with /-/",
    ),
]
Revision = Annotated[
    str, _matching(r"[\w.+-]{0,64}", "must be at most 64 letters, digits, dots, dashes, + and _")
]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
Timezone = Annotated[
    str, BeforeValidator(lambda value: _timezone(value) if isinstance(value, str) else value)
]
Windows = Annotated[tuple[Window, ...], NoDecode, BeforeValidator(_windows)]
Budget = Annotated[
    Mapping[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]], NoDecode, BeforeValidator(_budget)
]
Key = Annotated[SecretStr, BeforeValidator(_key)]
File = Annotated[Path, AfterValidator(_file)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AccountSettings(_Section):
    """One entry of ``accounts`` in the YAML file."""

    name: AccountName = Field(
        description="value of the label account; letters, digits, dot, dash, underscore"
    )
    account_id: AccountId = Field(description="x-account-id of the API", repr=False)
    api_key: Key | None = Field(None, description="x-api-key of the API; api_key_file is the better way")
    api_key_file: File | None = Field(None, description="file with the x-api-key, read anew when it changes")
    base_url: BaseUrl | None = Field(None, description="this account's API, where it is another", repr=False)
    windows: Windows | None = Field(None, description="this account's windows, where they are others")
    timezone: Timezone | None = Field(None, description="this account's time zone, where it is another")
    daily_budget: Budget = Field({}, description="budget for a day by currency, shown as a metric")


class WebSettings(_Section):
    listen_address: Annotated[Address, NoDecode, BeforeValidator(_address)] = Field(
        DEFAULT_ADDRESS, description="address to listen on, [HOST]:PORT; without a host on all addresses"
    )
    telemetry_path: TelemetryPath = Field("/metrics", description="path of the metrics")
    config_file: File | None = Field(None, description="file with TLS and basic auth, see docs/web-config.md")
    max_requests: int = Field(40, ge=1, le=10000, description="scrapes served at once; more get 503")


class LogSettings(_Section):
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level that is logged"
    )
    format: Literal["logfmt", "json"] = Field("logfmt", description="format of a log line")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="BETATEL_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=False,
    )

    api_key: Key | None = Field(None, description="x-api-key of the API", json_schema_extra=VARIABLE_ONLY)
    api_key_file: File | None = Field(
        None,
        description="file with the x-api-key, read anew when it changes",
        json_schema_extra=VARIABLE_ONLY,
    )
    account_id: AccountId | None = Field(None, description="x-account-id of the API", repr=False)
    account_name: AccountName = Field("default", description="value of the label account")
    base_url: BaseUrl = Field(API_URL, description="where the API is", repr=False)
    windows: Windows = Field(
        (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS),
        description=f"windows to ask for, of {', '.join(Window)}",
    )
    timezone: Timezone = Field("UTC", description="time zone of the window today, an IANA name")
    daily_budget: Budget = Field(
        {}, description="budget for a day by currency, such as EUR=50; shown as a metric"
    )
    timeout: Seconds = Field(10.0, gt=0, le=300, description="seconds a scrape may take at most")
    timeout_offset: Seconds = Field(
        0.5, ge=0, le=60, description="seconds a scrape ends before the scraper's own timeout"
    )
    max_concurrency: int = Field(10, ge=1, le=100, description="calls at once to the API for an account")
    max_concurrency_total: int = Field(
        200, ge=1, le=10000, description="calls at once to the API for all accounts"
    )
    cache_ttl: Seconds = Field(
        0.0, ge=0, le=3600, description="seconds that scrapers share one successful collection"
    )
    ca_file: File | None = Field(None, description="PEM file of authorities to trust beside the system's")
    allow_http: bool = Field(False, description="allow a base_url of http:// that is not loopback")
    revision: Revision = Field("", description="revision in the build info", json_schema_extra=VARIABLE_ONLY)
    config_file: File | None = Field(
        None, description="YAML file with any of these settings, and several accounts"
    )
    accounts: tuple[AccountSettings, ...] = Field(
        (), description="several accounts, instead of the settings of one", json_schema_extra=FILE_ONLY
    )
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic-settings'
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _ConfigFile(settings_cls)


class _ConfigFile(PydanticBaseSettingsSource):
    """The YAML file that a flag or a variable names; raises YamlError."""

    def __call__(self) -> dict[str, Any]:
        path = self.current_state.get("config_file")
        return _resolved(read_yaml(Path(path)), Path(path).parent) if path else {}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # the whole file comes at once


def _resolved(value: Any, folder: Path, key: str = "") -> Any:
    """The document with its relative paths made relative to the file's folder."""
    if isinstance(value, dict):
        return {name: _resolved(item, folder, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, folder) for item in value]
    return str(folder / value) if key.endswith("_file") and isinstance(value, str) else value
