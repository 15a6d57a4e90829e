"""The vocabulary of the API, as the provider documents it. Separate from its models, which import a library."""

from enum import StrEnum


class Window(StrEnum):
    """The aggregate stat types: one total for a window that ends now."""

    TODAY = "today"
    LAST_MINUTE = "lastm"
    LAST_5_MINUTES = "last5m"
    LAST_10_MINUTES = "last10m"
    LAST_30_MINUTES = "last30m"
    LAST_HOUR = "lasth"
    LAST_12_HOURS = "last12h"
    LAST_24_HOURS = "last24h"
    LAST_30_DAYS = "lastmonth"


class Status(StrEnum):
    """The delivery statuses of a record."""

    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    FAILED = "FAILED"

    @property
    def in_flight(self) -> bool:
        """Whether a message in this status is still on its way."""
        return self in {Status.PENDING, Status.SENT}


class Operation(StrEnum):
    STATS = "stats"
    TDR = "tdr"
