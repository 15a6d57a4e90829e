"""The messages whose records can be listed, and totals of all messages."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Self

from betatel_exporter.simulator.messages import Message, Status

QUARTER = 900
"""Seconds. Messages that are not kept are counted by quarters of an hour, numbered from the epoch."""

_KEPT_QUARTERS = 60 * 96


class Totals(NamedTuple):
    """`amount` in thousandths of a euro."""

    requests: int = 0
    transactions: int = 0
    amount: int = 0

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Self:
        prices = [message.network.price if message.dispatched else None for message in messages]
        processed = [price for price in prices if price is not None]
        return cls(len(prices), len(processed), sum(processed))


class MessageStore:
    """At least the newest `limit` messages.

    Older messages are dropped, some at a time, and stay in the totals, those of the last 60 days by quarter of an hour.
    PENDING ones end EXPIRED when they are dropped.
    """

    def __init__(self, limit: int, past: Mapping[int, Totals], statuses: Counter[Status]) -> None:
        """`past` and `statuses` count the messages of the past that were never kept, `past` by quarter of an hour."""
        self.kept: list[Message] = []
        """Oldest first."""
        self.statuses = statuses.copy()
        """Number of messages of all time by their current status."""
        self._limit = limit
        self._dropped = dict(past)

    def totals_since(self, start: float) -> Totals:
        """Of the messages created from `start`, in seconds since the epoch; of dropped ones in whole quarters of an hour."""
        first = math.ceil(start / QUARTER)
        dropped = [totals for quarter, totals in self._dropped.items() if quarter >= first]
        kept = Totals.of(self.kept[bisect_left(self.kept, start, key=attrgetter("created")) :])
        return _sum(kept, *dropped)

    def add(self, message: Message) -> None:
        self.statuses[message.status] += 1
        self.kept.append(message)
        if len(self.kept) > 1.05 * self._limit:
            self._drop()

    def move(self, message: Message, status: Status) -> None:
        self.statuses[message.status] -= 1
        self.statuses[status] += 1
        message.status = status

    def _drop(self) -> None:
        dropped = self.kept[: -self._limit]
        del self.kept[: -self._limit]
        for message in dropped:
            if message.status is Status.PENDING:
                message.course = ()
                self.move(message, Status.EXPIRED)
        for quarter, messages in groupby(dropped, lambda message: int(message.created // QUARTER)):
            self._dropped[quarter] = _sum(self._dropped.get(quarter, Totals()), Totals.of(messages))
        while len(self._dropped) > _KEPT_QUARTERS:
            del self._dropped[next(iter(self._dropped))]


def _sum(*totals: Totals) -> Totals:
    return Totals(*map(sum, zip(*totals, strict=True)))
