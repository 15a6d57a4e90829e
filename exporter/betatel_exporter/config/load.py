"""From flags, environment and file to a configuration, or to a list of faults."""

import os
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError as SourceError

from betatel_exporter.config.model import AccountSettings, Settings
from betatel_exporter.config.names import PREFIX, settings_of, title
from betatel_exporter.config.targets import Target, resolve
from betatel_exporter.strictyaml import YamlError

SECRETS = {"api_key", "account_id", "base_url"}
"""Fields whose input is never repeated in a fault."""

SERVICE_LINK = re.compile(r"BETATEL_\w*?(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(TCP|UDP|SCTP)\w*)")
"""What Kubernetes puts into every pod's environment for a Service whose name begins with betatel."""


class SettingsError(Exception):
    """Wrong settings; one line a fault."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(map(_one_line, faults))
        super().__init__("\n".join(self.faults))


def _one_line(fault: str) -> str:
    """A name from a file may hold anything."""
    return fault if fault.isprintable() else fault.encode("unicode_escape").decode()


@dataclass(frozen=True)
class Configuration:
    settings: Settings
    targets: tuple[Target, ...]
    tls: ssl.SSLContext | None
    """How the API's certificate is verified; None where no target needs TLS."""


def load(flags: Mapping[str, str]) -> Configuration:
    """Flags (by key of the setting), BETATEL_ variables and the file, in this order of precedence.

    Raises SettingsError with every fault there is.
    """
    faults = list(_unknown_variables())
    settings = read(flags, faults)
    targets = resolve(settings, faults)
    tls = _tls_context(settings, targets, faults)
    if faults:
        raise SettingsError(faults)
    return Configuration(settings, targets, tls)


def read(flags: Mapping[str, str], faults: Sequence[str] = ()) -> Settings:
    """The settings as they are, complete or not; raises SettingsError, with the faults already known."""
    try:
        return Settings(**_nested(flags))
    except YamlError as error:
        raise SettingsError([*faults, f"{title('config_file')}: {error}"]) from None
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _is_variable(detail, faults)]
        raise SettingsError([*faults, *map(_fault, details)]) from None
    except SourceError:
        raise SettingsError(faults) from None  # a section's own variable, which is not one of ours


def nearest(name: str, allowed: Iterable[str]) -> str:
    """A hint for a mistyped name, or nothing."""
    close = get_close_matches(name, list(allowed), n=1)
    return f", did you mean {close[0]}?" if close else ""


def _nested(flags: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in flags.items():
        *sections, name = key.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return values


def _unknown_variables() -> Iterator[str]:
    allowed = {setting.variable for setting in settings_of() if setting.variable}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in allowed and not SERVICE_LINK.fullmatch(name):
            yield f"{name}: no such variable{nearest(name, allowed)}"


def _fault(error: ErrorDetails) -> str:
    path = [str(part) for part in error["loc"]]
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        return f"{key}: no such setting{nearest(path[-1], _siblings(path))}"
    if error["type"] == "missing":
        return f"{key}: is required"
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "must")
    given = error["input"]
    shown = isinstance(given, int | float | str) and not SECRETS.intersection(path)
    return f"{title(key)}: {message}, not {given!r}" if shown else f"{title(key)}: {message}"


def _is_variable(error: ErrorDetails, faults: Iterable[str]) -> bool:
    """Whether a setting that there is not came from a variable, and is told as one already."""
    variable = PREFIX + "__".join(map(str, error["loc"])).upper()
    return error["type"] == "extra_forbidden" and any(fault.startswith(f"{variable}:") for fault in faults)


def _siblings(path: Sequence[str]) -> Iterable[str]:
    """Names that could stand where an unknown one does."""
    *above, _ = path
    if above[:1] == ["accounts"]:
        return AccountSettings.model_fields
    return {
        setting.path[len(above)] for setting in settings_of() if list(setting.path[: len(above)]) == above
    }


def _tls_context(settings: Settings, targets: Iterable[Target], faults: list[str]) -> ssl.SSLContext | None:
    """The system's authorities and those of ca_file."""
    if not any(target.base_url.startswith("https:") for target in targets) and not settings.ca_file:
        return None
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(Path(settings.ca_file))
        except ssl.SSLError:
            faults.append(
                f"{title('ca_file')}: must be a PEM file with certificates, unlike {settings.ca_file}"
            )
        except OSError as error:
            faults.append(f"{title('ca_file')}: cannot read {settings.ca_file}: {error.strerror}")
    return context
