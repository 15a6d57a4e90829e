"""A message, its life, and its delivery record."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

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
    """Status changes still to come, with their times."""
    retries: int = 0
    """How many more codes the recipient asks for if none comes."""
    status: Status = Status.PENDING
    dispatched: bool = False

    @property
    def network(self) -> Network:
        return self.recipient.network


def record(message: Message, seed: int) -> dict[str, Any]:
    """The nine fields; number, code and ids are derived from the seed and serial numbers."""
    network, random = message.network, _random(message.serial, seed)
    number = _random(message.recipient.serial, seed) % 100_000
    return {
        "uuid": _ulid(message.created, random),
        # no real number has two zeros after the network's prefix
        "to": f"+{network.country_code}{network.prefix}00{number:05d}",
        "code": f"{(random >> 16) % 1_000_000:06d}",
        "status": message.status.value,
        "request_id": f"{10**14 + (random >> 40) % (9 * 10**14)}",
        "country": network.country,
        "country_code": network.country_code,
        "network": network.name,
        "timestamp": _iso(message.created),
    }


def _random(serial: int, seed: int) -> int:
    digest = hashlib.blake2b(serial.to_bytes(8), key=str(seed).encode(), digest_size=16)
    return int.from_bytes(digest.digest())


def _ulid(created: float, random: int) -> str:
    number = (round(created * 1000) % (1 << 48)) << 80 | random % (1 << 80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
