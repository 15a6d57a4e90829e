"""The settings. Descriptions, defaults and bounds here are those of the flags, the documentation and the chart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from betatel_exporter.address import DEFAULT_ADDRESS, Address
from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config import parsers
from betatel_exporter.config.parsers import Choice, Number, Whole
from betatel_exporter.config.setting import required, setting

# ruff: noqa: RUF009  setting() and required() return dataclass fields

API_URL = "https://api.betatel.com/api/v1/connect-hub"
NO_FLAG = ("variable", "file")
"""For secrets: a command line is in every process list."""
NO_BUDGET: Mapping[str, float] = MappingProxyType({})

ACCOUNT, API, SCRAPE, RECENT, WEB, LOG = "account", "API", "scrape", "recent records", "web", "log"
"""Groups of settings, as --help shows them."""

_pages = Whole(0, 20)
_settle = Number(0, 1200)
_destinations = Whole(1, 200)


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """One account of the list in the file. None stands for the setting that all accounts share."""

    name: str = required(parsers.account_name, "value of the label `account`")
    account_id: str = required(parsers.account_id, "account id (`x-account-id`)", secret=True)
    api_key_file: Path | None = setting(None, parsers.path, "file with the API key")
    api_key: str | None = setting(None, parsers.api_key, "API key; prefer `api_key_file`", secret=True)
    base_url: str | None = setting(None, parsers.base_url, "base URL of the API", secret=True)
    windows: tuple[Window, ...] | None = setting(None, parsers.windows, "statistics windows")
    timezone: str | None = setting(None, parsers.timezone, "time zone of the window `today`")
    daily_budget: Mapping[str, float] = setting(NO_BUDGET, parsers.budget, "daily budget by currency")
    recent_pages: int | None = setting(None, _pages, "pages of recent records")
    recent_settle: float | None = setting(None, _settle, "seconds before a recent message counts")
    recent_destinations: int | None = setting(None, _destinations, "destinations with their own series")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    listen_address: Address = setting(
        DEFAULT_ADDRESS,
        parsers.address,
        "address to listen on, [HOST]:PORT; without a host, all addresses",
        WEB,
    )
    telemetry_path: str = setting("/metrics", parsers.telemetry_path, "path of the metrics", WEB)
    config_file: Path | None = setting(
        None, parsers.path, "YAML file with TLS and basic authentication, see docs/web-config.md", WEB
    )
    max_requests: int = setting(
        40, Whole(1, 10_000), "maximum concurrent scrapes; further ones get HTTP 503", WEB
    )


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    level: str = setting("info", Choice(("debug", "info", "warning", "error")), "minimum log level", LOG)
    format: str = setting("logfmt", Choice(("logfmt", "json")), "log format", LOG)


@dataclass(frozen=True, kw_only=True)
class Settings:
    account_id: str | None = setting(
        None, parsers.account_id, "account id (`x-account-id`)", ACCOUNT, secret=True
    )
    api_key_file: Path | None = setting(
        None, parsers.path, "file with the API key (`x-api-key`)", ACCOUNT, ways=NO_FLAG
    )
    api_key: str | None = setting(
        None, parsers.api_key, "API key; prefer `api_key_file`", ACCOUNT, ways=NO_FLAG, secret=True
    )
    account_name: str = setting("default", parsers.account_name, "value of the label `account`", ACCOUNT)
    daily_budget: Mapping[str, float] = setting(
        NO_BUDGET, parsers.budget, "daily budget by currency, such as EUR=50; exposed as a metric", ACCOUNT
    )
    config_file: Path | None = setting(
        None,
        parsers.path,
        "YAML file with any of these settings, or with several accounts",
        ACCOUNT,
        ways=("flag", "variable"),
    )
    base_url: str = setting(API_URL, parsers.base_url, "base URL of the API", API, secret=True)
    windows: tuple[Window, ...] = setting(
        (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS),
        parsers.windows,
        f"statistics windows, of {', '.join(Window)}",
        API,
    )
    timezone: str = setting("UTC", parsers.timezone, "time zone of the window `today`, an IANA name", API)
    ca_file: Path | None = setting(
        None, parsers.path, "PEM file of certificate authorities to trust in addition to the system's", API
    )
    allow_http: bool = setting(
        False, parsers.boolean, "allow an http:// base URL that is not a loopback address", API
    )
    max_concurrency: int = setting(16, Whole(1, 100), "maximum concurrent requests per account", API)
    max_concurrency_total: int = setting(200, Whole(1, 10_000), "maximum concurrent requests in total", API)
    timeout: float = setting(
        10.0, Number(0, 300, exclusive=True), "maximum duration of a scrape, in seconds", SCRAPE
    )
    timeout_offset: float = setting(
        0.5, Number(0, 60), "seconds to subtract from the scraper's own timeout", SCRAPE
    )
    cache_ttl: float = setting(
        0.0, Number(0, 3600), "seconds for which scrapes share a successful result", SCRAPE
    )
    recent_pages: int = setting(
        3, _pages, "maximum pages of 100 recent records per scrape; 0 turns them off", RECENT
    )
    recent_settle: float = setting(
        120.0,
        _settle,
        "age in seconds from which a recent message counts: younger ones may be on their way",
        RECENT,
    )
    recent_destinations: int = setting(
        20, _destinations, "number of destinations with their own series; the others are summed up", RECENT
    )
    web: WebSettings = field(default_factory=WebSettings)
    revision: str = setting("", parsers.revision, "revision in the build info", WEB, ways=NO_FLAG)
    log: LogSettings = field(default_factory=LogSettings)
