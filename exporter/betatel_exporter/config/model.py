"""The settings: one pydantic-settings model, from which flags, variables, documentation and chart are made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict

from betatel_exporter.address import DEFAULT_ADDRESS, Address
from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config import parsers
from betatel_exporter.config.parsers import Choice, Number, Parser, Whole
from betatel_exporter.files import Value

API_URL = "https://api.betatel.com/api/v1/connect-hub"
WINDOWS = (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS)

GROUPS = ACCOUNT, API, SCRAPE, RECENT, WEB, LOG = "account", "API", "scrape", "recent records", "web", "log"
"""Groups of settings, in the order of --help and the documentation."""


def setting(
    parse: Parser, default: Any, description: str, group: str, *, flag: bool = True, secret: bool = False
) -> Any:
    """A field whose Value `parse` turns into the setting's value; `...` as the default makes it required.

    `flag` is False for secrets, because a command line is in every process list. A secret has no repr.
    """
    extra: dict[str, Any] = {"parse": parse, "group": group, "has_flag": flag}
    return Field(default, description=description, repr=not secret, json_schema_extra=extra)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _parse(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, Value):
            return value  # a section, whose members are Values
        extra = cls.model_fields[str(info.field_name)].json_schema_extra
        return cast("Mapping[str, Parser]", extra)["parse"](value)


class _PerAccount(_Section):
    """Settings that an account of the list can have of its own; those of the process apply to all others."""

    account_id: str | None = setting(
        parsers.account_id, None, "account id (`x-account-id`)", ACCOUNT, secret=True
    )
    api_key_file: Path | None = setting(
        Value.path, None, "file with the API key (`x-api-key`)", ACCOUNT, flag=False
    )
    api_key: str | None = setting(
        parsers.api_key, None, "API key; prefer `api_key_file`", ACCOUNT, flag=False, secret=True
    )
    daily_budget: Mapping[str, float] = setting(
        parsers.budget,
        {},
        "daily budget by currency (EUR=50, in YAML {EUR: 50}); exposed as a metric",
        ACCOUNT,
    )
    base_url: str = setting(parsers.base_url, API_URL, "base URL of the API", API, secret=True)
    windows: tuple[Window, ...] = setting(
        parsers.windows, WINDOWS, f"statistics windows, of {', '.join(Window)}", API
    )
    timezone: str = setting(parsers.timezone, "UTC", "time zone of the window `today`, an IANA name", API)
    recent_pages: int = setting(
        Whole(0, 20), 3, "maximum pages of 100 recent records per scrape; 0 turns them off", RECENT
    )
    recent_settle: float = setting(
        Number(0, 1200),
        120.0,
        "age in seconds from which a recent message counts: younger ones may be on their way",
        RECENT,
    )
    recent_destinations: int = setting(
        Whole(1, 200), 20, "number of destinations with their own series; the others are summed up", RECENT
    )


class AccountSettings(_PerAccount):
    """One account, whether it is the only one or one of the list in the file."""

    name: str = setting(parsers.account_name, ..., "value of the label `account`", ACCOUNT)
    account_id: str = setting(parsers.account_id, ..., "account id (`x-account-id`)", ACCOUNT, secret=True)


class WebSettings(_Section):
    listen_address: Address = setting(
        parsers.address,
        DEFAULT_ADDRESS,
        "address to listen on, [HOST]:PORT; without a host, all addresses",
        WEB,
    )
    telemetry_path: str = setting(parsers.telemetry_path, "/metrics", "path of the metrics", WEB)
    config_file: Path | None = setting(
        Value.path, None, "YAML file with TLS and basic authentication, see docs/web-config.md", WEB
    )
    max_requests: int = setting(
        Whole(1, 10_000),
        40,
        "maximum concurrent scrapes, half of them for one client address; further ones get HTTP 503",
        WEB,
    )


class LogSettings(_Section):
    level: str = setting(Choice(("debug", "info", "warning", "error")), "info", "minimum log level", LOG)
    format: str = setting(Choice(("logfmt", "json")), "logfmt", "log format", LOG)


class Settings(_PerAccount, BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    account_name: str = setting(parsers.account_name, "default", "value of the label `account`", ACCOUNT)
    config_file: Path | None = setting(
        Value.path, None, "YAML file with any of these settings, or with several accounts", ACCOUNT
    )
    ca_file: Path | None = setting(
        Value.path, None, "PEM file of certificate authorities to trust in addition to the system's", API
    )
    allow_http: bool = setting(
        parsers.boolean, False, "allow an http:// base URL that is not a loopback address", API
    )
    max_concurrency: int = setting(Whole(1, 100), 16, "maximum concurrent requests per account", API)
    max_concurrency_total: int = setting(Whole(1, 10_000), 200, "maximum concurrent requests in total", API)
    timeout: float = setting(
        Number(0, 300, exclusive=True), 10.0, "maximum duration of a scrape, in seconds", SCRAPE
    )
    timeout_offset: float = setting(
        Number(0, 60), 0.5, "seconds to subtract from the scraper's own timeout", SCRAPE
    )
    cache_ttl: float = setting(
        Number(0, 3600), 0.0, "seconds for which scrapes share a successful result", SCRAPE
    )
    web: WebSettings = WebSettings()
    revision: str = setting(parsers.revision, "", "revision in the build info", WEB, flag=False)
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, *_: Any, **__: Any) -> Any:
        """Those that `Settings(sources=...)` names, the first of which wins: the environment is an argument."""
        sources = init_settings.init_kwargs.get("sources", ())
        return tuple(InitSettingsSource(settings_cls, values) for values in sources)
