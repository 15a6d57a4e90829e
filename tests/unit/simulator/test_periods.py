from datetime import UTC, datetime
from typing import Any

from betatel_exporter.simulator.periods import STAT_TYPES, StatsRequest

NOW = datetime(2024, 3, 31, 12, 30, tzinfo=UTC).timestamp()  # a day on which clocks change in Sarajevo
HOUR = 3600


def test_a_period_ends_now_and_begins_as_its_type_says() -> None:
    hours_before: dict[str, float] = {
        "lastm": 1 / 60,
        "last5m": 5 / 60,
        "last10m": 10 / 60,
        "last30m": 0.5,
        "lasth": 1,
        "last12h": 12,
        "last24h": 24,
        "lastmonth": 30 * 24,
        "today": 12.5,
    }
    starts = {kind: StatsRequest(type=kind).start(NOW) for kind in STAT_TYPES}
    assert starts == {kind: NOW - hours * HOUR for kind, hours in hours_before.items()}


def test_the_default_is_today_in_the_time_zone_asked_for() -> None:
    requests: list[tuple[dict[str, Any], float]] = [
        ({}, 12.5),
        ({"type": None, "timezone": None}, 12.5),
        ({"type": "TODAY", "timezone": "Europe/Sarajevo"}, 13.5),
    ]
    for request, hours in requests:
        assert StatsRequest(**request).start(NOW) == NOW - hours * HOUR, request
