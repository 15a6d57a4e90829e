from datetime import UTC, datetime
from typing import Any

from betatel_exporter.simulator.periods import STAT_TYPES, StatsRequest

NOW = datetime(2024, 3, 31, 12, 30, tzinfo=UTC).timestamp()  # a day on which clocks change in Sarajevo
MINUTES = {
    "lastm": 1,
    "last5m": 5,
    "last10m": 10,
    "last30m": 30,
    "lasth": 60,
    "last12h": 12 * 60,
    "last24h": 24 * 60,
    "lastmonth": 30 * 24 * 60,
    "today": 12 * 60 + 30,
}


def test_a_period_ends_now_and_begins_as_its_type_says() -> None:
    starts = {kind: StatsRequest(type=kind).start(NOW) for kind in STAT_TYPES}
    assert starts == {kind: NOW - minutes * 60 for kind, minutes in MINUTES.items()}


def test_the_default_is_today_in_the_time_zone_asked_for() -> None:
    requests: list[tuple[dict[str, Any], float]] = [
        ({}, 12.5),
        ({"type": None, "timezone": None}, 12.5),
        ({"type": "TODAY", "timezone": "Europe/Sarajevo"}, 13.5),
    ]
    for request, hours in requests:
        assert StatsRequest(**request).start(NOW) == NOW - hours * 3600, request
