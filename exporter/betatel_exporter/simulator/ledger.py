"""What was requested, processed and billed, per quarter of an hour."""

from array import array
from collections.abc import Iterable
from typing import NamedTuple, Self

from betatel_exporter.simulator.messages import Message

QUARTER = 900
_KEPT_QUARTERS = 400 * 96


class Totals(NamedTuple):
    """`amount` in thousandths of a euro."""

    requests: int = 0
    transactions: int = 0
    amount: int = 0

    def plus(self, other: "Totals") -> "Totals":
        return Totals(
            self.requests + other.requests,
            self.transactions + other.transactions,
            self.amount + other.amount,
        )

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Self:
        prices = [message.network.price if message.dispatched else None for message in messages]
        processed = [price for price in prices if price is not None]
        return cls(len(prices), len(processed), sum(processed))


class Ledger:
    """Quarters of an hour are numbered from the epoch; the days of every time zone begin with one.

    The last 400 days are kept.
    """

    def __init__(self, first_quarter: int) -> None:
        self._first = first_quarter
        self._requests = array("q")
        self._transactions = array("q")
        self._amounts = array("q")

    def add(self, at: float, totals: Totals) -> None:
        """`at` is when the message was created: a later dispatch counts in the quarter of its request."""
        index = self._index(at)
        self._requests[index] += totals.requests
        self._transactions[index] += totals.transactions
        self._amounts[index] += totals.amount

    def between(self, first_quarter: int, end_quarter: int) -> Totals:
        kept = slice(max(0, first_quarter - self._first), max(0, end_quarter - self._first))
        return Totals(sum(self._requests[kept]), sum(self._transactions[kept]), sum(self._amounts[kept]))

    def _index(self, at: float) -> int:
        quarter = int(at // QUARTER)
        missing = quarter - self._first + 1 - len(self._requests)
        if missing > 0:
            self._extend(missing)
        return quarter - self._first

    def _extend(self, missing: int) -> None:
        excess = max(0, len(self._requests) + missing - _KEPT_QUARTERS)
        for column in (self._requests, self._transactions, self._amounts):
            column.extend([0] * missing)
            del column[:excess]
        self._first += excess
