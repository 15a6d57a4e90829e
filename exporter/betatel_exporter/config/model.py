"""The settings, one pydantic-settings model. Descriptions, defaults and bounds are those of flags, documentation and chart.

Every field is validated by a parser of `parsers`, which gets a Value: the text with the place it comes from.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator
from pydantic_settings import BaseSettings, SettingsConfigDict

from betatel_exporter.address import DEFAULT_ADDRESS, Address
from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config import parsers
from betatel_exporter.config.parsers import Choice, Number, Whole

API_URL = "https://api.betatel.com/api/v1/connect-hub"
EVERY_WAY = ("flag", "variable", "file")
NO_FLAG = ("variable", "file")
"""For secrets: a command line is in every process list."""

ACCOUNT, API, SCRAPE, RECENT, WEB, LOG = "account", "API", "scrape", "recent records", "web", "log"
"""Groups of settings, as --help shows them."""

_pages = Whole(0, 20)
_settle = Number(0, 1200)
_destinations = Whole(1, 200)
AccountName = Annotated[str, PlainValidator(parsers.account_name)]
AccountId = Annotated[str, PlainValidator(parsers.account_id)]
UnsetAccountId = Annotated[str | None, PlainValidator(parsers.account_id)]
File = Annotated[Path | None, PlainValidator(parsers.path)]
ApiKey = Annotated[str | None, PlainValidator(parsers.api_key)]
Budget = Annotated[Mapping[str, float], PlainValidator(parsers.budget)]
ListenAddress = Annotated[Address, PlainValidator(parsers.address)]
TelemetryPath = Annotated[str, PlainValidator(parsers.telemetry_path)]
BaseUrl = Annotated[str, PlainValidator(parsers.base_url)]
Windows = Annotated[tuple[Window, ...], PlainValidator(parsers.windows)]
Timezone = Annotated[str, PlainValidator(parsers.timezone)]
Boolean = Annotated[bool, PlainValidator(parsers.boolean)]
Pages = Annotated[int, PlainValidator(_pages)]
Settle = Annotated[float, PlainValidator(_settle)]
Destinations = Annotated[int, PlainValidator(_destinations)]
Revision = Annotated[str, PlainValidator(parsers.revision)]

# of one account: None stands for the setting that all accounts share
OwnBaseUrl = Annotated[str | None, PlainValidator(parsers.base_url)]
OwnWindows = Annotated[tuple[Window, ...] | None, PlainValidator(parsers.windows)]
OwnTimezone = Annotated[str | None, PlainValidator(parsers.timezone)]
OwnPages = Annotated[int | None, PlainValidator(_pages)]
OwnSettle = Annotated[float | None, PlainValidator(_settle)]
OwnDestinations = Annotated[int | None, PlainValidator(_destinations)]


def setting(
    default: Any,
    description: str,
    group: str = "",
    *,
    ways: Sequence[str] = EVERY_WAY,
    secret: bool = False,
) -> Any:
    """A field that can be set by these ways, a secret one without a repr; `...` as the default makes it required."""
    extra: dict[str, Any] = {"group": group, "ways": list(ways)}
    return Field(default, description=description, repr=not secret, json_schema_extra=extra)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AccountSettings(_Section):
    """One account of the list in the file. None stands for the setting that all accounts share."""

    name: AccountName = setting(..., "value of the label `account`")
    account_id: AccountId = setting(..., "account id (`x-account-id`)", secret=True)
    api_key_file: File = setting(None, "file with the API key")
    api_key: ApiKey = setting(None, "API key; prefer `api_key_file`", secret=True)
    base_url: OwnBaseUrl = setting(None, "base URL of the API", secret=True)
    windows: OwnWindows = setting(None, "statistics windows")
    timezone: OwnTimezone = setting(None, "time zone of the window `today`")
    daily_budget: Budget = setting({}, "daily budget by currency")
    recent_pages: OwnPages = setting(None, "pages of recent records")
    recent_settle: OwnSettle = setting(None, "seconds before a recent message counts")
    recent_destinations: OwnDestinations = setting(None, "destinations with their own series")


class WebSettings(_Section):
    listen_address: ListenAddress = setting(
        DEFAULT_ADDRESS, "address to listen on, [HOST]:PORT; without a host, all addresses", WEB
    )
    telemetry_path: TelemetryPath = setting("/metrics", "path of the metrics", WEB)
    config_file: File = setting(
        None, "YAML file with TLS and basic authentication, see docs/web-config.md", WEB
    )
    max_requests: Annotated[int, PlainValidator(Whole(1, 10_000))] = setting(
        40, "maximum concurrent scrapes, half of them for one client address; further ones get HTTP 503", WEB
    )


class LogSettings(_Section):
    level: Annotated[str, PlainValidator(Choice(("debug", "info", "warning", "error")))] = setting(
        "info", "minimum log level", LOG
    )
    format: Annotated[str, PlainValidator(Choice(("logfmt", "json")))] = setting("logfmt", "log format", LOG)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    account_id: UnsetAccountId = setting(None, "account id (`x-account-id`)", ACCOUNT, secret=True)
    api_key_file: File = setting(None, "file with the API key (`x-api-key`)", ACCOUNT, ways=NO_FLAG)
    api_key: ApiKey = setting(None, "API key; prefer `api_key_file`", ACCOUNT, ways=NO_FLAG, secret=True)
    account_name: AccountName = setting("default", "value of the label `account`", ACCOUNT)
    daily_budget: Budget = setting(
        {}, "daily budget by currency, such as EUR=50; exposed as a metric", ACCOUNT
    )
    config_file: File = setting(
        None,
        "YAML file with any of these settings, or with several accounts",
        ACCOUNT,
        ways=("flag", "variable"),
    )
    base_url: BaseUrl = setting(API_URL, "base URL of the API", API, secret=True)
    windows: Windows = setting(
        (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS),
        f"statistics windows, of {', '.join(Window)}",
        API,
    )
    timezone: Timezone = setting("UTC", "time zone of the window `today`, an IANA name", API)
    ca_file: File = setting(
        None, "PEM file of certificate authorities to trust in addition to the system's", API
    )
    allow_http: Boolean = setting(False, "allow an http:// base URL that is not a loopback address", API)
    max_concurrency: Annotated[int, PlainValidator(Whole(1, 100))] = setting(
        16, "maximum concurrent requests per account", API
    )
    max_concurrency_total: Annotated[int, PlainValidator(Whole(1, 10_000))] = setting(
        200, "maximum concurrent requests in total", API
    )
    timeout: Annotated[float, PlainValidator(Number(0, 300, exclusive=True))] = setting(
        10.0, "maximum duration of a scrape, in seconds", SCRAPE
    )
    timeout_offset: Annotated[float, PlainValidator(Number(0, 60))] = setting(
        0.5, "seconds to subtract from the scraper's own timeout", SCRAPE
    )
    cache_ttl: Annotated[float, PlainValidator(Number(0, 3600))] = setting(
        0.0, "seconds for which scrapes share a successful result", SCRAPE
    )
    recent_pages: Pages = setting(
        3, "maximum pages of 100 recent records per scrape; 0 turns them off", RECENT
    )
    recent_settle: Settle = setting(
        120.0, "age in seconds from which a recent message counts: younger ones may be on their way", RECENT
    )
    recent_destinations: Destinations = setting(
        20, "number of destinations with their own series; the others are summed up", RECENT
    )
    web: WebSettings = WebSettings()
    revision: Revision = setting("", "revision in the build info", WEB, ways=NO_FLAG)
    log: LogSettings = LogSettings()
