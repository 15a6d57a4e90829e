"""The messages whose records can be listed, and how many there have ever been in each status."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from betatel_exporter.simulator.messages import Message, Status

_serial = attrgetter("serial")
_created = attrgetter("created")


class MessageStore:
    """At least the newest `kept` messages, and totals over all time.

    Older messages are dropped, some at a time, and stay in the totals; the PENDING ones of these end EXPIRED. From
    `complete_from`, in seconds since the epoch, no message is missing.
    """

    def __init__(self, complete_from: float, dropped: Counter[Status], kept: int) -> None:
        self.complete_from = complete_from
        self._kept = kept
        self.totals = dropped.copy()
        self._all: list[Message] = []
        self._in_status: dict[Status, list[Message]] = {status: [] for status in Status}

    def kept(self, status: Status | None = None) -> Sequence[Message]:
        """Oldest first; not to be changed."""
        return self._all if status is None else self._in_status[status]

    def between(self, start: float, end: float) -> Sequence[Message]:
        first = bisect_left(self._all, start, key=_created)
        return self._all[first : bisect_left(self._all, end, lo=first, key=_created)]

    def add(self, message: Message) -> None:
        self.totals[message.status] += 1
        self._all.append(message)
        self._in_status[message.status].append(message)
        if len(self._all) > 1.05 * self._kept:
            self._drop()

    def move(self, message: Message, status: Status) -> None:
        self.totals[message.status] -= 1
        self.totals[status] += 1
        if message.serial >= self._all[0].serial:
            old = self._in_status[message.status]
            del old[bisect_left(old, message.serial, key=_serial)]
            insort(self._in_status[status], message, key=_serial)
        message.status = status

    def _drop(self) -> None:
        oldest = self._all[-self._kept]
        stuck = self._in_status[Status.PENDING]
        for message in stuck[: bisect_left(stuck, oldest.serial, key=_serial)]:
            message.course = ()
            self.move(message, Status.EXPIRED)
        for messages in (self._all, *self._in_status.values()):
            del messages[: bisect_left(messages, oldest.serial, key=_serial)]
        self.complete_from = oldest.created
