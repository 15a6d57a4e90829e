"""An API that pages over a list of records, and counts of that list made by brute force.

Written against the provider's page alone: it shares no code with what it checks but the vocabulary of the answer.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from betatel_exporter.recent import Recent, RecentQuery

NOW = 1_700_049_600.0
KEY = b"k" * 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    uuid: str
    at: float
    """Creation time in seconds since the epoch, to the millisecond."""
    person: int = 0
    status: str = "READ"
    country: str = "Croatia"
    network: str = "Jadran Tel"

    @property
    def number(self) -> str:
        return f"+385910{self.person:06d}"

    @property
    def code(self) -> str:
        return f"{int(self.uuid) * 7919 % 1_000_000:06d}"

    def record(self) -> dict[str, object]:
        moment = EPOCH + timedelta(milliseconds=round(self.at * 1000))
        return {
            "uuid": self.uuid,
            "to": self.number,
            "code": self.code,
            "status": self.status,
            "request_id": "187259537046478",
            "country": self.country,
            "country_code": 385,
            "network": self.network,
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        }


def messages(ages: Iterable[float], now: float = NOW) -> list[Message]:
    """One message of one person for each age in seconds."""
    return [Message(str(serial), now - age, serial) for serial, age in enumerate(ages)]


class Provider:
    """The documented endpoint over `messages`, which a test may change between two requests."""

    def __init__(self, messages: Sequence[Message] = ()) -> None:
        self.messages = list(messages)
        self.asked: list[int] = []
        """Page numbers of the last scrape."""
        self.between: Callable[[], None] = lambda: None
        """Called after each answer."""

    def answer(self, page: int, rows: int = 100, direction: str = "DESC", status: str | None = None) -> bytes:
        found = [message for message in self.messages if status in (None, message.status)]
        found.sort(key=lambda message: message.at, reverse=direction == "DESC")
        total = len(found)
        document = {
            "page": page,
            "rows_per_page": rows,
            "sort_by": "timestamp",
            "sort_direction": direction,
            "total": total,
            "total_pages": -(-total // rows),
            "has_next_page": page * rows < total,
            "has_previous_page": page > 1,
            "list": [message.record() for message in found[(page - 1) * rows : page * rows]],
        }
        return json.dumps(document).encode()

    def scrape(self, query: RecentQuery, previous: Recent | None, now: float = NOW) -> Recent:
        requests = query.requests(previous, now)
        self.asked = [request.number for request in requests]
        pages = []
        for request in requests:
            pages.append(request.parse(self.answer(request.number)))
            self.between()
        return query.value(pages, previous, now)

    def settled(self, query: RecentQuery, now: float = NOW, scrapes: int = 5) -> Recent:
        """The result once the query knows which pages to read."""
        recent = None
        for _ in range(scrapes):
            recent = self.scrape(query, recent, now)
        assert recent is not None
        return recent


def period(messages: Iterable[Message], now: float = NOW, settle: float = 120) -> float:
    """Half an hour, or as far back as the newest twenty reach, six hours at most."""
    ages = sorted(now - message.at for message in messages if now - message.at >= settle)
    if sum(age <= 1800 for age in ages) >= 20:
        return 1800
    return min(ages[19], 21600) if len(ages) >= 20 else 21600


def counted(
    messages: Iterable[Message], now: float = NOW, settle: float = 120
) -> dict[tuple[str, str], tuple[dict[str, int], int, int]]:
    """Of each destination: messages by status, people reached, people not reached."""
    messages = list(messages)
    oldest = period(messages, now, settle)
    inside = [message for message in messages if settle <= now - message.at <= oldest]
    counts = {}
    for place in {(message.country, message.network) for message in inside}:
        here = [message for message in inside if (message.country, message.network) == place]
        people = {message.person for message in here}
        reached = {message.person for message in here if message.status in {"DELIVERED", "READ"}}
        statuses = ("PENDING", "SENT", "DELIVERED", "READ", "EXPIRED", "REVOKED", "FAILED")
        by_status = {status: sum(message.status == status for message in here) for status in statuses}
        counts[place] = by_status, len(reached), len(people - reached)
    return counts


def shown(recent: Recent) -> dict[tuple[str, str], tuple[dict[str, int], int, int]]:
    """The same form from a result."""
    return {
        (country, network): (
            {str(status): count for status, count in counts.messages.items()},
            counts.reached,
            counts.unreached,
        )
        for (country, network), counts in recent.destinations.items()
    }
