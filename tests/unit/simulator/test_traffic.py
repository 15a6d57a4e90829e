from random import Random

from betatel_exporter.simulator.scenarios import SCENARIOS
from betatel_exporter.simulator.traffic import Traffic

COURSES = {"FAILED", "SENT EXPIRED", "SENT FAILED", "SENT REVOKED", "SENT DELIVERED", "SENT DELIVERED READ"}


def test_every_course_leads_forward_in_time_to_an_end() -> None:
    traffic = Traffic(Random(1), 600)  # noqa: S311 - reproducible, nothing to protect
    courses = set()
    for scenario in SCENARIOS.values():
        for serial in range(1000):
            message = traffic.first_message(serial, 1000.0, scenario)
            times, statuses = zip(*message.course, strict=True)
            courses.add(" ".join(statuses))
            assert [message.created, *times] == sorted([message.created, *times])
            assert 30 <= message.ttl <= 3600
            assert "EXPIRED" not in statuses or times[1] == message.created + message.ttl
            assert "DELIVERED" not in statuses or times[1] < message.created + message.ttl
    assert courses == COURSES
