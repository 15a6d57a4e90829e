"""A message, its life, and the fields of its delivery record."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

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


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who waits for a code; with the serial number of their first message."""

    serial: int
    network: Network
    patience: float
    """Seconds until they ask for another code if none has come."""


@dataclass(slots=True, eq=False)
class Message:
    serial: int
    created: float
    """In seconds since the epoch, to the millisecond."""
    recipient: Recipient
    ttl: int
    """In seconds."""
    course: tuple[Step, ...]
    """Status changes still to come."""
    retries: int = 0
    """How many more codes the recipient asks for if none comes."""
    status: Status = Status.PENDING
    dispatched: bool = False

    @property
    def network(self) -> Network:
        return self.recipient.network


Field = Callable[[Message], str | int]


def record_fields(seed: int) -> Mapping[str, Field]:
    """The nine fields of a delivery record; number, code and ids are derived from seed and serial number."""
    key = hashlib.blake2b(str(seed).encode(), digest_size=16).digest()

    @lru_cache(maxsize=256)
    def drawn(serial: int) -> int:
        digest = hashlib.blake2b(serial.to_bytes(8, "big"), key=key, digest_size=16)
        return int.from_bytes(digest.digest(), "big")

    return {
        "uuid": lambda message: _ulid(message.created, drawn(message.serial)),
        "to": lambda message: _phone_number(message.network, drawn(message.recipient.serial)),
        "code": lambda message: f"{(drawn(message.serial) >> 16) % 1_000_000:06d}",
        "status": lambda message: message.status.value,
        "request_id": lambda message: f"{10**14 + (drawn(message.serial) >> 40) % (9 * 10**14)}",
        "country": lambda message: message.network.country,
        "country_code": lambda message: message.network.country_code,
        "network": lambda message: message.network.name,
        "timestamp": lambda message: _iso(message.created),
    }


def _ulid(created: float, randomness: int) -> str:
    number = (round(created * 1000) % (1 << 48)) << 80 | randomness % (1 << 80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _phone_number(network: Network, randomness: int) -> str:
    """Two zeros after the network's prefix: no real number has them."""
    return f"+{network.country_code}{network.prefix}00{randomness % 100_000:05d}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
