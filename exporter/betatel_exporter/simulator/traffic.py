"""Who requests a code when, and what happens to it. All randomness of the world is drawn here."""

import math
from collections import Counter
from collections.abc import Iterable
from random import Random

from betatel_exporter.simulator.messages import Message, Recipient, Status, Step
from betatel_exporter.simulator.networks import CUMULATIVE_WEIGHTS, NETWORKS, PUMPED, Network
from betatel_exporter.simulator.scenarios import Scenario
from betatel_exporter.simulator.store import QUARTER, Totals

DAY = 86_400.0
_SWING = 0.5
_QUIETEST = 2 / 24

_TTLS = (30, 60, 120, 300, 600, 3600)
_TTL_WEIGHTS = (2, 3, 5, 80, 8, 2)

_DISPATCH_SECONDS = 3.0
_DELIVERY_SECONDS = 8.0
_READING_SECONDS = 40.0
_REVOCATION_SECONDS = 20.0

_UNDELIVERABLE = 0.005
_REVOKED = 0.01
_NEVER_READ = 0.06

_PATIENCE_SECONDS = 30, 90
_RETRIES = (1, 2, 3, 4, 5)
_RETRY_WEIGHTS = (50, 20, 15, 10, 5)
_MESSAGES_PER_RECIPIENT = 1.06
"""Mean of an ordinary day, retries included."""


def rhythm(at: float) -> float:
    """Traffic at this time as a multiple of the day's mean: 0.5 at 02:00 UTC, 1.5 at 14:00 UTC."""
    return 1 - _SWING * math.cos(2 * math.pi * (at / DAY - _QUIETEST))


class Traffic:
    def __init__(self, random: Random, messages_per_hour: float) -> None:
        self._random = random
        self._messages_per_second = messages_per_hour / 3600
        self._recipients_per_second = self._messages_per_second / _MESSAGES_PER_RECIPIENT

    def next_arrival(self, after: float, scenario: Scenario) -> float:
        """When the next recipient requests a first code; infinity when nobody does.

        Poisson arrivals, thinned from the highest rate of the day.
        """
        peak = self._recipients_per_second * scenario.traffic * (1 + _SWING) + self._surge(scenario)
        if peak <= 0:
            return math.inf
        while True:
            after += self._random.expovariate(peak)
            if self._random.random() * peak < self._rate(after, scenario):
                return after

    def _rate(self, at: float, scenario: Scenario) -> float:
        return self._recipients_per_second * scenario.traffic * rhythm(at) + self._surge(scenario)

    def _surge(self, scenario: Scenario) -> float:
        return self._messages_per_second * scenario.surge

    def first_message(self, serial: int, at: float, scenario: Scenario) -> Message:
        if scenario.surge and self._random.random() * self._rate(at, scenario) < self._surge(scenario):
            network, retries = PUMPED, 0  # a robot with a new number each time
        else:
            (network,) = self._random.choices(NETWORKS, cum_weights=CUMULATIVE_WEIGHTS)
            (retries,) = self._random.choices(_RETRIES, _RETRY_WEIGHTS)
        recipient = Recipient(serial, network, self._random.uniform(*_PATIENCE_SECONDS))
        return self.message(serial, at, recipient, retries, scenario)

    def message(
        self, serial: int, at: float, recipient: Recipient, retries: int, scenario: Scenario
    ) -> Message:
        created = math.floor(at * 1000) / 1000
        (ttl,) = self._random.choices(_TTLS, _TTL_WEIGHTS)
        course = self._course(created, ttl, recipient.network, scenario)
        return Message(serial, created, recipient, ttl, course, retries)

    def _course(self, created: float, ttl: int, network: Network, scenario: Scenario) -> tuple[Step, ...]:
        dispatched = created + self._delay(_DISPATCH_SECONDS, ttl / 3)
        if self._random.random() < scenario.rejection_on(network):
            return ((dispatched, Status.FAILED),)
        sent = (dispatched, Status.SENT)
        expiry = scenario.expiry_on(network)
        luck = self._random.random()
        if luck < expiry:
            return sent, (created + ttl, Status.EXPIRED)
        if luck < expiry + _UNDELIVERABLE:
            return sent, (dispatched + self._delay(_DELIVERY_SECONDS, ttl / 3), Status.FAILED)
        if luck < expiry + _UNDELIVERABLE + _REVOKED:
            return sent, (dispatched + self._delay(_REVOCATION_SECONDS, ttl / 3), Status.REVOKED)
        delivered = dispatched + self._delay(_DELIVERY_SECONDS, ttl / 3)
        if luck > 1 - _NEVER_READ:
            return sent, (delivered, Status.DELIVERED)
        read = delivered + self._delay(_READING_SECONDS, 10 * _READING_SECONDS)
        return sent, (delivered, Status.DELIVERED), (read, Status.READ)

    def _delay(self, mean: float, limit: float) -> float:
        return min(self._random.expovariate(1 / mean), limit)

    def past(self, quarters: range) -> tuple[dict[int, Totals], Counter[Status]]:
        """Messages of the ordinary past by quarter of an hour, and how all of them have ended."""
        past = {}
        processed = rejected = 0
        for quarter in quarters:
            expected = self._messages_per_second * QUARTER * rhythm((quarter + 0.5) * QUARTER)
            requests = self._about(expected)
            failed = min(requests, self._about(requests * _REJECTION))
            past[quarter] = Totals(requests, requests - failed, round((requests - failed) * _PRICE))
            processed, rejected = processed + requests - failed, rejected + failed
        return past, _ends(processed, rejected)

    def _about(self, expected: float) -> int:
        return max(0, round(self._random.gauss(expected, math.sqrt(expected))))


def _mean(values: Iterable[float]) -> float:
    weighted = (network.weight * value for network, value in zip(NETWORKS, values, strict=True))
    return sum(weighted) / CUMULATIVE_WEIGHTS[-1]


_REJECTION = _mean(network.rejection for network in NETWORKS)
_EXPIRY = _mean(network.expiry for network in NETWORKS)
_PRICE = _mean(network.price for network in NETWORKS)


def _ends(processed: int, rejected: int) -> Counter[Status]:
    ended = Counter(
        {
            Status.EXPIRED: round(processed * _EXPIRY),
            Status.REVOKED: round(processed * _REVOKED),
            Status.DELIVERED: round(processed * _NEVER_READ),
            Status.FAILED: round(processed * _UNDELIVERABLE) + rejected,
        }
    )
    ended[Status.READ] = processed + rejected - ended.total()
    return ended
