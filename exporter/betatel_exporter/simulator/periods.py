"""The period of a stats request."""

from datetime import UTC, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from pydantic import field_validator

from betatel_exporter.simulator.body import Body

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SECONDS = {
    "lastm": _MINUTE,
    "last5m": 5 * _MINUTE,
    "last10m": 10 * _MINUTE,
    "last30m": 30 * _MINUTE,
    "lasth": _HOUR,
    "last12h": 12 * _HOUR,
    "last24h": 24 * _HOUR,
    "lastmonth": 30 * _DAY,
}

STAT_TYPES = ("today", *_SECONDS)
"""The aggregate types. The grouped ones, which the exporter never requests, are answered with 400."""


class StatsRequest(Body):
    """Types may be upper case, as in some of the provider's examples."""

    type: str = "today"
    timezone: str = "UTC"

    @field_validator("type")
    @classmethod
    def _known(cls, name: str) -> str:
        if name.lower() not in STAT_TYPES:
            raise ValueError(f"must be one of {', '.join(STAT_TYPES)}")
        return name.lower()

    @field_validator("timezone")
    @classmethod
    def _of_a_zone(cls, name: str) -> str:
        try:
            _zone(name)
        except (OSError, ValueError, KeyError):
            raise ValueError("must be an IANA name such as Europe/Sarajevo") from None
        return name

    def start(self, now: float) -> float:
        """When the period that ends now begins; both in seconds since the epoch."""
        if self.type != "today":
            return now - _SECONDS[self.type]
        zone = _zone(self.timezone)
        return datetime.combine(datetime.fromtimestamp(now, zone), time(), zone).timestamp()


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
