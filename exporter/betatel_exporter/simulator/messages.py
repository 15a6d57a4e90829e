"""A message, its life, and the fields of its delivery record."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from betatel_exporter.simulator.networks import Network

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Status(StrEnum):
    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    FAILED = "FAILED"


Step = tuple[float, Status]


@dataclass(slots=True, eq=False)
class Message:
    """`created` in seconds since the epoch, to the millisecond; `ttl` in seconds.

    `course` is what is still to come; `processed` tells whether the message was ever dispatched.
    """

    serial: int
    created: float
    network: Network
    ttl: int
    course: tuple[Step, ...]
    status: Status = Status.PENDING
    processed: bool = False


Field = Callable[[Message], str | int]


def record_fields(seed: int) -> Mapping[str, Field]:
    """The nine fields of a delivery record; number, code and ids are worked out from seed and serial."""
    key = hashlib.blake2b(str(seed).encode(), digest_size=16).digest()

    def drawn(message: Message) -> int:
        digest = hashlib.blake2b(message.serial.to_bytes(8, "big"), key=key, digest_size=16)
        return int.from_bytes(digest.digest(), "big")

    return {
        "uuid": lambda message: _ulid(message.created, drawn(message)),
        "to": lambda message: _phone_number(message.network, drawn(message)),
        "code": lambda message: f"{(drawn(message) >> 16) % 1_000_000:06d}",
        "status": lambda message: message.status.value,
        "request_id": lambda message: f"{10**14 + (drawn(message) >> 40) % (9 * 10**14)}",
        "country": lambda message: message.network.country,
        "country_code": lambda message: message.network.country_code,
        "network": lambda message: message.network.name,
        "timestamp": lambda message: _iso(message.created),
    }


def _ulid(created: float, randomness: int) -> str:
    number = (round(created * 1000) % (1 << 48)) << 80 | randomness % (1 << 80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _phone_number(network: Network, randomness: int) -> str:
    return f"+{network.country_code}{network.prefix}000{randomness % 10_000:04d}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
