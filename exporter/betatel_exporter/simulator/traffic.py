"""Who asks for a code when, and what becomes of it. All randomness of the world is drawn here."""

import math
from collections import Counter
from collections.abc import Iterable
from random import Random

from betatel_exporter.simulator.messages import Message, Status, Step
from betatel_exporter.simulator.networks import CUMULATIVE_WEIGHTS, NETWORKS, PUMPED, Network
from betatel_exporter.simulator.scenarios import Scenario

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


def rhythm(at: float) -> float:
    """Traffic at this time as a multiple of the day's mean: 0.5 at 02:00 UTC, 1.5 at 14:00 UTC."""
    return 1 - _SWING * math.cos(2 * math.pi * (at / DAY - _QUIETEST))


class Traffic:
    def __init__(self, random: Random, messages_per_hour: float) -> None:
        self._random = random
        self._per_second = messages_per_hour / 3600

    def next_arrival(self, after: float, scenario: Scenario) -> float:
        """Poisson arrivals, thinned from the highest rate of the day; infinity when there are none."""
        peak = self._per_second * (scenario.traffic * (1 + _SWING) + scenario.surge)
        if peak <= 0:
            return math.inf
        while True:
            after += self._random.expovariate(peak)
            if self._random.random() * peak < self._rate(after, scenario):
                return after

    def _rate(self, at: float, scenario: Scenario) -> float:
        return self._per_second * (scenario.traffic * rhythm(at) + scenario.surge)

    def message(self, serial: int, at: float, scenario: Scenario) -> Message:
        network = self._network(at, scenario)
        created = math.floor(at * 1000) / 1000
        (ttl,) = self._random.choices(_TTLS, _TTL_WEIGHTS)
        return Message(serial, created, network, ttl, self._course(created, ttl, network, scenario))

    def _network(self, at: float, scenario: Scenario) -> Network:
        if (
            scenario.surge
            and self._random.random() * self._rate(at, scenario) < self._per_second * scenario.surge
        ):
            return PUMPED
        (network,) = self._random.choices(NETWORKS, cum_weights=CUMULATIVE_WEIGHTS)
        return network

    def _course(self, created: float, ttl: int, network: Network, scenario: Scenario) -> tuple[Step, ...]:
        dispatched = created + self._delay(_DISPATCH_SECONDS, ttl / 3)
        if self._random.random() < scenario.rejection_on(network):
            return ((dispatched, Status.FAILED),)
        sent = (dispatched, Status.SENT)
        luck = self._random.random()
        if luck < network.expiry:
            return sent, (created + ttl, Status.EXPIRED)
        if luck < network.expiry + _UNDELIVERABLE:
            return sent, (dispatched + self._delay(_DELIVERY_SECONDS, ttl / 3), Status.FAILED)
        if luck < network.expiry + _UNDELIVERABLE + _REVOKED:
            return sent, (dispatched + self._delay(_REVOCATION_SECONDS, ttl / 3), Status.REVOKED)
        delivered = dispatched + self._delay(_DELIVERY_SECONDS, ttl / 3)
        if luck > 1 - _NEVER_READ:
            return sent, (delivered, Status.DELIVERED)
        read = delivered + self._delay(_READING_SECONDS, 10 * _READING_SECONDS)
        return sent, (delivered, Status.DELIVERED), (read, Status.READ)

    def _delay(self, mean: float, limit: float) -> float:
        return min(self._random.expovariate(1 / mean), limit)

    def past_requests(self, start: float, seconds: float) -> tuple[int, int]:
        """Messages of an ordinary stretch of the past, and how many of them were rejected."""
        requests = self._about(self._per_second * seconds * rhythm(start + seconds / 2))
        return requests, min(requests, self._about(requests * _REJECTION))

    def _about(self, expected: float) -> int:
        return max(0, round(self._random.gauss(expected, math.sqrt(expected))))


def _mean(values: Iterable[float]) -> float:
    weighted = (network.weight * value for network, value in zip(NETWORKS, values, strict=True))
    return sum(weighted) / CUMULATIVE_WEIGHTS[-1]


_REJECTION = _mean(network.rejection for network in NETWORKS)
_EXPIRY = _mean(network.expiry for network in NETWORKS)
MEAN_PRICE = _mean(network.price for network in NETWORKS)


def past_statuses(processed: int, rejected: int) -> Counter[Status]:
    """How messages of the ordinary past have ended: every one of them has."""
    ended = Counter(
        {
            Status.EXPIRED: round(processed * _EXPIRY),
            Status.REVOKED: round(processed * _REVOKED),
            Status.DELIVERED: round(processed * _NEVER_READ),
            Status.FAILED: round(processed * _UNDELIVERABLE),
        }
    )
    ended[Status.READ] = processed - ended.total()
    ended[Status.FAILED] += rejected
    return ended
