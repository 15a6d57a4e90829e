import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.messages import Status
from betatel_exporter.simulator.networks import PUMPED
from betatel_exporter.simulator.scenarios import SCENARIOS
from betatel_exporter.simulator.traffic import Traffic, rhythm

NORMAL = SCENARIOS["normal"]
COURSES = (
    ["FAILED"],
    ["SENT", "EXPIRED"],
    ["SENT", "FAILED"],
    ["SENT", "REVOKED"],
    ["SENT", "DELIVERED"],
    ["SENT", "DELIVERED", "READ"],
)


def traffic(messages_per_hour: float = 600, seed: int = 1) -> Traffic:
    return Traffic(Random(seed), messages_per_hour)  # noqa: S311 - reproducible, nothing to protect


def arrivals(customers: Traffic, start: float, end: float) -> int:
    count, at = 0, customers.next_arrival(start, NORMAL)
    while at < end:
        count += 1
        at = customers.next_arrival(at, NORMAL)
    return count


def test_traffic_has_the_rhythm_of_a_day() -> None:
    assert sum(rhythm(minute * 60) for minute in range(1440)) / 1440 == pytest.approx(1)
    assert arrivals(traffic(), 12 * 3600, 16 * 3600) > 2.5 * arrivals(traffic(), 0, 4 * 3600)


def test_without_traffic_nobody_arrives() -> None:
    assert traffic().next_arrival(0, SCENARIOS["silence"]) == math.inf
    assert traffic(0).next_arrival(0, NORMAL) == math.inf


@given(st.integers(0, 10_000), st.sampled_from(sorted(SCENARIOS)))
def test_every_course_leads_forward_in_time_to_an_end(seed: int, scenario: str) -> None:
    message = traffic(seed=seed).first_message(1, 1000.0, SCENARIOS[scenario])
    times = [due for due, _ in message.course]
    statuses = [status for _, status in message.course]
    assert statuses in COURSES
    assert [message.created, *times] == sorted([message.created, *times])
    assert 30 <= message.ttl <= 3600
    if Status.EXPIRED in statuses:
        assert times[-1] == message.created + message.ttl
    if Status.DELIVERED in statuses:
        assert times[1] < message.created + message.ttl


def test_networks_get_their_share_and_the_pumped_one_nothing_on_ordinary_days() -> None:
    customers = traffic()
    networks = [customers.first_message(serial, 0, NORMAL).network for serial in range(20_000)]
    assert PUMPED not in networks
    for network in set(networks):
        assert networks.count(network) / 20_000 == pytest.approx(network.weight / 1000, abs=0.015)
