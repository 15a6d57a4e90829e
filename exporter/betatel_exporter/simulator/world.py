"""An account of the provider with a clock of its own."""

import heapq
import math
from collections.abc import Callable
from itertools import count
from random import Random

from betatel_exporter.simulator.messages import Message, Status
from betatel_exporter.simulator.scenarios import SCENARIOS
from betatel_exporter.simulator.store import QUARTER, MessageStore
from betatel_exporter.simulator.traffic import DAY, Traffic

_PAST_DAYS = 40
_DETAILED_SECONDS = 25 * 3600
_DRAINED_PER_SECOND = 50

_NO_RETRY = {Status.DELIVERED, Status.READ, Status.REVOKED}
"""Statuses after which the recipient requests no other code."""


class World:
    """The account was opened 40 days before the start. The last 25 hours have single messages, the time before has totals.

    Nothing runs between calls. `advance` simulates the time that has passed; how often it is called changes nothing.

    A request is a created message, a transaction is a dispatched one, which is billed. Requests without a transaction
    were rejected or still wait in the queue. A message that expires or fails after it was dispatched is a transaction.
    """

    def __init__(
        self,
        *,
        scenario: str,
        seed: int,
        messages_per_hour: float,
        clock: Callable[[], float],
        scenario_age: float = 0.0,
        kept: int = 20_000,
    ) -> None:
        """`scenario_age` in seconds that the scenario has lasted at the start. `kept` is the number of records that can be
        listed; 20,000 are 33 hours at 600 messages an hour.
        """
        self._clock = clock
        self._traffic = Traffic(Random(seed), messages_per_hour)  # noqa: S311 - reproducible, nothing to protect
        self._serials = count(1)
        self._order = count()
        self._events: list[tuple[float, int, Callable[[Message], None], Message]] = []
        """A heap."""
        start = clock()
        detailed = min(_DETAILED_SECONDS, kept / max(messages_per_hour, 1) * 3600)
        quarters = range(
            math.floor((start - _PAST_DAYS * DAY) / QUARTER), math.floor((start - detailed) / QUARTER)
        )
        self.now = float(quarters.stop * QUARTER)
        self.store = MessageStore(kept, *self._traffic.past(quarters))
        self._begin("normal")
        self._live_until(start - scenario_age)
        self._begin(scenario)
        self._live_until(start)

    def _begin(self, scenario: str) -> None:
        self.scenario_name = scenario
        self.scenario = SCENARIOS[scenario]
        self._arrival = self._traffic.next_arrival(self.now, self.scenario)

    def switch(self, scenario: str) -> None:
        """Continue under another scenario from now on; KeyError for an unknown one."""
        following = SCENARIOS[scenario]
        self.advance()
        if self.scenario.queue_stuck and not following.queue_stuck:
            self._empty_the_queue()
        self._begin(scenario)

    def advance(self) -> None:
        self._live_until(self._clock())

    def _live_until(self, end: float) -> None:
        while (at := min(self._arrival, self._events[0][0] if self._events else math.inf)) <= end:
            self.now = at
            if at == self._arrival:
                self._add(self._traffic.first_message(next(self._serials), at, self.scenario))
                self._arrival = self._traffic.next_arrival(at, self.scenario)
            else:
                *_, event, message = heapq.heappop(self._events)
                event(message)
        self.now = max(self.now, end)

    def _at(self, moment: float, event: Callable[[Message], None], message: Message) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event, message))

    def _add(self, message: Message) -> None:
        self.store.add(message)
        self._at(message.course[0][0], self._step, message)
        if message.retries:
            self._at(message.created + message.recipient.patience, self._lose_patience, message)

    def _lose_patience(self, message: Message) -> None:
        if message.status not in _NO_RETRY and self.scenario.traffic:
            serial, retries = next(self._serials), message.retries - 1
            self._add(self._traffic.message(serial, self.now, message.recipient, retries, self.scenario))

    def _step(self, message: Message) -> None:
        stuck = self.scenario.queue_stuck and message.status is Status.PENDING
        if stuck or not message.course:
            return
        (_, status), *rest = message.course
        message.course = tuple(rest)
        message.dispatched |= status is Status.SENT
        self.store.move(message, status)
        if rest:
            self._at(rest[0][0], self._step, message)

    def _empty_the_queue(self) -> None:
        """Dispatch the stuck messages in order and at a limited rate; those whose time to live is over expire."""
        waiting = [message for message in self.store.kept if message.status is Status.PENDING]
        stuck = [message for message in waiting if message.course[0][0] <= self.now]
        for place, message in enumerate(stuck, start=1):
            turn = self.now + place / _DRAINED_PER_SECOND
            delay = turn - message.course[0][0]
            if turn < message.created + message.ttl:
                message.course = tuple((due + delay, status) for due, status in message.course)
            else:
                message.course = ((turn, Status.EXPIRED),)
            self._at(turn, self._step, message)
