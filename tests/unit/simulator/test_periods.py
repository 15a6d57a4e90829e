from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.fields import BadRequest
from betatel_exporter.simulator.periods import Period, requested_periods

NOW = datetime(2024, 3, 31, 12, 30, tzinfo=UTC).timestamp()


def grouped(kind: str, start: str, end: str, zone: str = "UTC") -> list[str]:
    """Starts of the intervals, and the end of the last, as written in the time zone."""
    request = {"type": kind, "start_time": start, "end_time": end, "timezone": zone}
    periods = requested_periods(request, NOW)
    assert all(before.end == after.start for before, after in pairwise(periods))
    edges = [*(period.start for period in periods), periods[-1].end]
    return [f"{datetime.fromtimestamp(edge, ZoneInfo(zone)):%m-%d %H:%M}" for edge in edges]


def test_rolling_types_end_now() -> None:
    minutes = {
        "lastm": 1,
        "last5m": 5,
        "last10m": 10,
        "last30m": 30,
        "lasth": 60,
        "LASTH": 60,
        "last12h": 12 * 60,
        "last24h": 24 * 60,
        "lastmonth": 30 * 24 * 60,
    }
    for kind, length in minutes.items():
        assert requested_periods({"type": kind}, NOW) == [Period(NOW - length * 60, NOW)], kind


def test_today_is_the_default_and_begins_at_midnight_of_the_time_zone_also_when_clocks_change() -> None:
    assert requested_periods({}, NOW) == [Period(NOW - 12.5 * 3600, NOW)]
    (period,) = requested_periods({"type": "today", "timezone": "Europe/Sarajevo"}, NOW)
    assert period == Period(datetime(2024, 3, 30, 23, 0, tzinfo=UTC).timestamp(), NOW)


def test_hours_are_cut_at_both_ends_of_the_range() -> None:
    edges = grouped("hourly", "2024-01-01T10:20:00Z", "2024-01-01T12:10:00Z")
    assert edges == ["01-01 10:20", "01-01 11:00", "01-01 12:00", "01-01 12:10"]


def test_a_day_on_which_clocks_change_has_twenty_three_hours() -> None:
    edges = grouped("hourly", "2024-03-31T00:00:00", "2024-04-01T00:00:00", "Europe/Sarajevo")
    assert len(edges) - 1 == 23
    assert edges[:4] == ["03-31 00:00", "03-31 01:00", "03-31 03:00", "03-31 04:00"]


def test_days_are_those_of_the_time_zone() -> None:
    edges = grouped("daily", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "Asia/Kathmandu")
    assert edges == ["01-01 05:45", "01-02 00:00", "01-02 05:45"]


def test_weeks_begin_on_monday() -> None:
    edges = grouped("weekly", "2024-01-03T00:00:00Z", "2024-01-16T00:00:00Z")
    assert edges == ["01-03 00:00", "01-08 00:00", "01-15 00:00", "01-16 00:00"]


def test_months_and_years_are_those_of_the_calendar() -> None:
    months = grouped("monthly", "2024-01-31T00:00:00Z", "2024-04-01T00:00:00Z")
    assert months == ["01-31 00:00", "02-01 00:00", "03-01 00:00", "04-01 00:00"]
    years = grouped("yearly", "2023-06-01", "2025-06-01")
    assert years == ["06-01 00:00", "01-01 00:00", "01-01 00:00", "06-01 00:00"]


@given(
    st.sampled_from(["hourly", "daily", "weekly", "monthly", "yearly"]),
    st.integers(1_000_000_000, 2_000_000_000),
    st.integers(1, 60 * 86_400),
    st.sampled_from(["UTC", "Europe/Sarajevo", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_intervals_cover_the_range_without_gap_or_overlap(
    kind: str, begin: int, length: int, zone: str
) -> None:
    start, end = (datetime.fromtimestamp(edge, UTC).isoformat() for edge in (begin, begin + length))
    request = {"type": kind, "start_time": start, "end_time": end, "timezone": zone}
    periods = requested_periods(request, NOW)
    assert (periods[0].start, periods[-1].end) == (begin, begin + length)
    assert all(before.end == after.start for before, after in pairwise(periods))
    assert all(period.start < period.end for period in periods)


RANGE = {"start_time": "2024-01-01T00:00:00Z", "end_time": "2024-01-02T00:00:00Z"}


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"type": "fortnightly"}, "invalid type"),
    ({"type": ""}, "invalid type"),
    ({"type": 5}, "type must be a string"),
    ({"type": "daily"}, "missing fields"),
    ({"type": "hourly", "start_time": "2024-01-01"}, "missing fields"),
    ({"type": "weekly", "end_time": "2024-01-01"}, "missing fields"),
    ({"type": "daily", "start_time": "yesterday", "end_time": "today"}, "malformed time range"),
    ({"type": "daily", "start_time": 1704067200, "end_time": 1704153600}, "start_time must be a string"),
    ({"type": "daily", "start_time": "", "end_time": "2024-01-01"}, "malformed time range"),
    ({"type": "daily", "start_time": "2024-01-02", "end_time": "2024-01-01"}, "malformed time range"),
    ({"type": "daily", "start_time": "2024-01-01", "end_time": "2024-01-01"}, "malformed time range"),
    ({"type": "daily", "start_time": "0001-01-01", "end_time": "9999-12-31"}, "malformed time range"),
    ({"type": "hourly", "start_time": "1980-01-01", "end_time": "2024-01-01"}, "10000 intervals"),
    ({"type": "lasth", "start_time": "tomorrow"}, "malformed time range"),
    ({"type": "daily", **RANGE, "timezone": "Atlantis/Poseidonia"}, "unknown timezone"),
    ({"timezone": "../../etc/passwd"}, "unknown timezone"),
    ({"timezone": "Europe"}, "unknown timezone"),
    ({"timezone": ""}, "unknown timezone"),
    ({"timezone": 1}, "timezone must be a string"),
]


def test_an_invalid_request_is_refused_with_its_reason() -> None:
    for document, reason in INVALID:
        with pytest.raises(BadRequest, match=reason):
            requested_periods(document, NOW)
