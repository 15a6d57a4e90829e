"""From the text or YAML of a setting to its value. Each raises DocumentError, which names the place and not the value."""

import math
import re
import zoneinfo
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from betatel_exporter.address import parse_address
from betatel_exporter.api.vocabulary import Window
from betatel_exporter.files import Value, did_you_mean

Parser = Callable[[Value], Any]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_KEY = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True)
class Number:
    """A finite number within bounds, which the documentation and the chart's schema show."""

    least: float
    most: float
    exclusive: bool = False
    """Whether `least` itself is not allowed."""

    def __call__(self, value: Value) -> float:
        text = value.scalar() if value.kind in {"number", "text"} else ""
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        high_enough = number > self.least if self.exclusive else number >= self.least
        if not (high_enough and number <= self.most and math.isfinite(number)):
            raise value.fault(f"must be a number {self._range()}")
        return number

    def _range(self) -> str:
        if self.exclusive:
            return f"above {self.least:g}" + (f" and at most {self.most:g}" if self.most < math.inf else "")
        return f"from {self.least:g} to {self.most:g}"


class Whole(Number):
    """A whole number within bounds."""

    def __call__(self, value: Value) -> int:
        text = value.scalar() if value.kind in {"number", "text"} else ""
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not self.least <= int(text) <= self.most:
            raise value.fault(f"must be a whole number from {self.least} to {self.most}")
        return int(text)


@dataclass(frozen=True)
class Choice:
    allowed: Sequence[str]

    def __call__(self, value: Value) -> str:
        return value.choice(self.allowed)


@dataclass(frozen=True)
class Text:
    """Text that `parse` accepts; it raises ValueError with what is allowed."""

    parse: Callable[[str], Any]

    def __call__(self, value: Value) -> Any:
        text = value.text()
        try:
            return self.parse(text)
        except ValueError as error:
            raise value.fault(str(error)) from None


@dataclass(frozen=True)
class Matching:
    """Text of a pattern."""

    pattern: str
    problem: str

    def __call__(self, value: Value) -> str:
        text = value.text()
        if not re.fullmatch(self.pattern, text, re.ASCII):
            raise value.fault(self.problem)
        return text


account_name = Matching(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
    "must be at most 63 letters, digits, dots, dashes and underscores, the first a letter or a digit",
)
account_id = Matching(r"[!-~]{1,256}", "must be at most 256 printable ASCII characters without spaces")
telemetry_path = Matching(
    r"(?!/probe$|/-/)(/[A-Za-z0-9._~-]+)+",
    "must be a path such as /metrics, of letters, digits and ._~-, other than /probe and /-/...",
)
revision = Matching(r"[\w.+-]{0,64}", "must be at most 64 letters, digits, dots, dashes, + and _")


boolean = Value.flag


def checked_key(text: str) -> str:
    """A key as a header can carry it, without line ends around it. Raises ValueError, which does not quote it."""
    key = text.strip("\r\n")
    if not key.strip():
        raise ValueError("must not be empty")
    if not _KEY.fullmatch(key):
        raise ValueError("must be one line of at most 4096 printable ASCII characters without spaces")
    return key


address = Text(parse_address)
api_key = Text(checked_key)


def timezone(value: Value) -> str:
    name = value.text()
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # without a time zone database on this machine, the API decides
        if zoneinfo.available_timezones() or not re.fullmatch(r"[A-Za-z0-9_+/-]+", name):
            raise value.fault("must be an IANA time zone, such as UTC or Europe/Sarajevo") from None
    return name


def windows(value: Value) -> tuple[Window, ...]:
    """A list, or text with commas."""
    names = [item.text() for item in value.items()] if value.kind == "list" else _split(value)
    wrong = [name for name in names if name not in list(Window)]
    if wrong or not names:
        hint = did_you_mean(wrong[0], Window) if wrong else ""
        raise value.fault(f"must be one or more of {', '.join(Window)}{hint}")
    if len(set(names)) != len(names):
        raise value.fault("must not contain duplicate windows")
    return tuple(map(Window, names))


def budget(value: Value) -> Mapping[str, float]:
    """A mapping from currencies to amounts, or text such as ``EUR=50,USD=20``."""
    amounts = value.members() if value.kind == "mapping" else _pairs(value)
    if not all(re.fullmatch("[A-Z]{3,5}", currency) for currency in amounts):
        raise value.fault("must be currencies in capitals with amounts, such as EUR=50,USD=20")
    return {currency: _amount(amount) for currency, amount in amounts.items()}


_amount = Number(0, math.inf, exclusive=True)


def base_url(value: Value) -> str:
    from betatel_exporter.api.urls import can_be_requested  # noqa: PLC0415  imports an HTTP client

    url = value.text()
    scheme, separator, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not separator or scheme not in {"http", "https"} or not host:
        raise value.fault("must start with https:// (or http://) and name a host")
    if "@" in host:
        raise value.fault("must not contain a user or a password: the API uses a key and an account id")
    if re.search(r"[?#]", rest):
        raise value.fault("must not have a query or a fragment")
    if not re.fullmatch(r"[!-~]+", url) or not can_be_requested(url):
        raise value.fault("must be a URL with a valid host and port, of printable ASCII characters")
    return url.rstrip("/")


def _split(value: Value) -> Collection[str]:
    return [part.strip() for part in value.text().split(",")]


def _pairs(value: Value) -> Mapping[str, Value]:
    pairs = [part.partition("=") for part in value.text().split(",")]
    amounts = {currency.strip(): replace(value, content=amount.strip()) for currency, _, amount in pairs}
    if len(amounts) != len(pairs):
        raise value.fault("must not contain duplicate currencies")
    return amounts
