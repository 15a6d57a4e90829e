"""An account of the provider with a clock of its own."""

import heapq
import math
from collections.abc import Callable
from random import Random

from betatel_exporter.simulator.ledger import QUARTER, Ledger, Totals
from betatel_exporter.simulator.messages import Message, Status
from betatel_exporter.simulator.scenarios import SCENARIOS, Scenario
from betatel_exporter.simulator.store import MessageStore
from betatel_exporter.simulator.traffic import DAY, MEAN_PRICE, Traffic, past_statuses

_PAST_DAYS = 40
_DETAILED_SECONDS = 25 * 3600
_DRAINED_PER_SECOND = 50

_CAME = {Status.DELIVERED, Status.READ, Status.REVOKED}
"""Statuses after which nobody requests another code."""

_Queue = list[tuple[float, int, Message]]
"""A heap of messages by a time and their serial numbers."""


class World:
    """The account was opened 40 days before the start; its last 25 hours are known in detail.

    Nothing happens between two calls: the caller calls `advance` first, which makes up for the time passed; how often it
    is called changes nothing.

    A request is a message created; a transaction is a message that has been dispatched by now, and billed. So requests
    less transactions is what failed to be processed or still waits in the queue. A message that was dispatched and then
    expired or failed is a transaction: only its record says so.
    """

    def __init__(
        self,
        *,
        scenario: str,
        seed: int,
        speed: float,
        messages_per_hour: float,
        clock: Callable[[], float],
        scenario_age: float = 0.0,
        kept: int = 20_000,
    ) -> None:
        """`speed` in simulated seconds a second of `clock`; `scenario_age` in seconds that the scenario has lasted at the
        start; `kept` records can be listed, which are 33 hours at 600 messages each.
        """
        self._clock = clock
        self._start = clock()
        self._speed = speed
        self._traffic = Traffic(Random(seed), messages_per_hour)  # noqa: S311 - reproducible, nothing to protect
        self._serial = 0
        self._due: _Queue = []
        self._waiting: _Queue = []
        self._live_through_the_past(min(_DETAILED_SECONDS, kept / max(messages_per_hour, 1) * 3600), kept)
        self._live_until(self._start - scenario_age)
        self._begin(scenario)
        self._live_until(self._start)

    def _live_through_the_past(self, detailed: float, kept: int) -> None:
        first = math.floor((self._start - _PAST_DAYS * DAY) / QUARTER)
        end = math.floor((self._start - detailed) / QUARTER)
        self._ledger = Ledger(first)
        processed = rejected = 0
        for quarter in range(first, end):
            requests, failed = self._traffic.past_requests(quarter * QUARTER, QUARTER)
            transactions = requests - failed
            amount = round(transactions * MEAN_PRICE)
            self._ledger.add(quarter * QUARTER, Totals(requests, transactions, amount))
            processed, rejected = processed + transactions, rejected + failed
        self.now = float(end * QUARTER)
        self.store = MessageStore(self.now, past_statuses(processed, rejected), kept)
        self._begin("normal")

    def _begin(self, scenario: str) -> None:
        self.scenario_name = scenario
        self.scenario: Scenario = SCENARIOS[scenario]
        self._arrival = self._traffic.next_arrival(self.now, self.scenario)

    def switch(self, scenario: str) -> None:
        """Continue under another scenario from now on; KeyError for an unknown one."""
        following = SCENARIOS[scenario]
        self.advance()
        if self.scenario.queue_stuck and not following.queue_stuck:
            self._work_off_the_queue()
        self._begin(scenario)

    def advance(self) -> None:
        self._live_until(self._start + (self._clock() - self._start) * self._speed)

    def _live_until(self, end: float) -> None:
        while (at := min(self._arrival, self._waiting[0][0] if self._waiting else math.inf)) <= end:
            self._settle_until(at)
            if at == self._arrival:
                self._add(self._traffic.first_message(self._next_serial(), at, self.scenario))
                self._arrival = self._traffic.next_arrival(at, self.scenario)
            else:
                self._lose_patience(at, heapq.heappop(self._waiting)[2])
        self._settle_until(end)
        self.now = max(self.now, end)

    def _next_serial(self) -> int:
        self._serial += 1
        return self._serial

    def _lose_patience(self, at: float, message: Message) -> None:
        if message.status not in _CAME and self.scenario.traffic:
            self._add(self._traffic.next_message(self._next_serial(), at, message, self.scenario))

    def _add(self, message: Message) -> None:
        self.store.add(message)
        self._ledger.add(message.created, Totals(requests=1))
        self._schedule(message)
        if message.retries:
            until = message.created + message.recipient.patience
            heapq.heappush(self._waiting, (until, message.serial, message))

    def _schedule(self, message: Message) -> None:
        heapq.heappush(self._due, (message.course[0][0], message.serial, message))

    def _settle_until(self, end: float) -> None:
        while self._due and self._due[0][0] <= end:
            message = heapq.heappop(self._due)[2]
            if not (self.scenario.queue_stuck and message.status is Status.PENDING):
                self._step(message)

    def _step(self, message: Message) -> None:
        if not message.course:
            return
        (_, status), *rest = message.course
        message.course = tuple(rest)
        if status is Status.SENT:
            message.dispatched = True
            self._ledger.add(message.created, Totals(transactions=1, amount=message.network.price))
        self.store.move(message, status)
        if rest:
            self._schedule(message)

    def _work_off_the_queue(self) -> None:
        """What waited too long has expired; the rest is dispatched in order, at a limited pace."""
        waiting = [message for message in self.store.kept(Status.PENDING) if message.course[0][0] <= self.now]
        for place, message in enumerate(waiting, start=1):
            turn = self.now + place / _DRAINED_PER_SECOND
            delay = turn - message.course[0][0]
            if turn < message.created + message.ttl:
                message.course = tuple((due + delay, status) for due, status in message.course)
            else:
                message.course = ((turn, Status.EXPIRED),)
            self._schedule(message)

    def totals(self, start: float, end: float) -> Totals:
        """Of messages created from `start` until before `end`.

        To the millisecond where records are kept; further back, rounded to quarters of an hour.
        """
        exact_start = start >= self.store.complete_from
        exact_end = self.store.complete_from <= end < self.now
        first = math.ceil(start / QUARTER) if exact_start else round(start / QUARTER)
        last = self._end_quarter(end, exact=exact_end)
        if first > last:
            return Totals.of(self.store.between(start, end))
        totals = self._ledger.between(first, last)
        if exact_start:
            totals = totals.plus(Totals.of(self.store.between(start, first * QUARTER)))
        if exact_end:
            totals = totals.plus(Totals.of(self.store.between(last * QUARTER, end)))
        return totals

    def _end_quarter(self, end: float, *, exact: bool) -> int:
        if end >= self.now:
            return math.floor(self.now / QUARTER) + 1
        return math.floor(end / QUARTER) if exact else round(end / QUARTER)
