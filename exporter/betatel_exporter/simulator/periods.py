"""The periods of a stats request: one for an aggregate type, one for each interval of a grouped type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from betatel_exporter.simulator.fields import BadRequest, text

_MOST_INTERVALS = 10_000
_YEARS = range(1971, 3000)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

_LAST = {
    "lastm": _MINUTE,
    "last5m": 5 * _MINUTE,
    "last10m": 10 * _MINUTE,
    "last30m": 30 * _MINUTE,
    "lasth": _HOUR,
    "last12h": 12 * _HOUR,
    "last24h": 24 * _HOUR,
    "lastmonth": 30 * _DAY,
}

_FIRST_DAY: Mapping[str, Callable[[date], date]] = {
    "daily": lambda day: day,
    "weekly": lambda day: day - timedelta(days=day.weekday()),
    "monthly": lambda day: day.replace(day=1),
    "yearly": lambda day: day.replace(month=1, day=1),
}
_LONGEST = {"hourly": _HOUR, "daily": _DAY, "weekly": 7 * _DAY, "monthly": 31 * _DAY, "yearly": 366 * _DAY}

STAT_TYPES = ("today", *_LONGEST, *_LAST)


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds since the epoch, the end not included."""

    start: float
    end: float


def requested_periods(request: Mapping[str, Any], now: float) -> list[Period]:
    """Type names may be upper case, as in the provider's own examples. Raises BadRequest.

    Intervals are those of the calendar in the requested time zone, weeks begin on Monday; the range cuts off the first
    and the last. The aggregate types check start_time and end_time and use neither.
    """
    kind = text(request, "type", "today").lower()
    if kind not in STAT_TYPES:
        raise BadRequest(f"invalid type: choose one of {', '.join(STAT_TYPES)}")
    zone = _zone(text(request, "timezone", "UTC"))
    start, end = _moment(request, "start_time", zone), _moment(request, "end_time", zone)
    if start is not None and end is not None and start >= end:
        raise BadRequest("malformed time range: start_time must be before end_time")
    if kind in _LAST:
        return [Period(now - _LAST[kind], now)]
    if kind == "today":
        return [Period(_midnight(datetime.fromtimestamp(now, zone).date(), zone), now)]
    if start is None or end is None:
        raise BadRequest(f"missing fields: type {kind} needs start_time and end_time")
    if (end - start) / _LONGEST[kind] > _MOST_INTERVALS:
        raise BadRequest(f"malformed time range: more than {_MOST_INTERVALS} intervals")
    return list(_intervals(kind, start, end, zone))


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest("unknown timezone: use an IANA name such as Europe/Sarajevo") from error


def _moment(request: Mapping[str, Any], name: str, zone: tzinfo) -> float | None:
    """A time without an offset is in the requested time zone."""
    if request.get(name) is None:
        return None
    written = text(request, name, "")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadRequest(f"malformed time range: {name} must be an ISO 8601 time") from error
    if moment.year not in _YEARS:
        raise BadRequest(f"malformed time range: {name} is out of range")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _intervals(kind: str, start: float, end: float, zone: tzinfo) -> Iterator[Period]:
    for begin, following in pairwise(_boundaries(kind, datetime.fromtimestamp(start, zone), zone)):
        yield Period(max(begin, start), min(following, end))
        if following >= end:
            return


def _boundaries(kind: str, start: datetime, zone: tzinfo) -> Iterator[float]:
    """Starts of the calendar's intervals, from the one that contains `start`, without end."""
    if kind == "hourly":
        hour = start.replace(minute=0, second=0, microsecond=0).timestamp()
        while True:
            yield hour
            hour += _HOUR
    first_day = _FIRST_DAY[kind]
    day = first_day(start.date())
    while True:
        yield _midnight(day, zone)
        day = first_day(day + timedelta(seconds=_LONGEST[kind]))


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()
