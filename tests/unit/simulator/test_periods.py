from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.fields import BadRequest
from betatel_exporter.simulator.periods import STAT_TYPES, Period, requested_periods
from tests.unit.simulator.account import documents

NOW = datetime(2024, 3, 31, 12, 30, tzinfo=UTC).timestamp()


def grouped(kind: str, start: str, end: str, zone: str = "UTC") -> list[str]:
    """Begins of the intervals, and the end of the last, as they are written in the time zone."""
    request = {"type": kind, "start_time": start, "end_time": end, "timezone": zone}
    periods = requested_periods(request, NOW)
    assert all(before.end == after.start for before, after in pairwise(periods))
    edges = [*(period.start for period in periods), periods[-1].end]
    return [f"{datetime.fromtimestamp(edge, ZoneInfo(zone)):%m-%d %H:%M}" for edge in edges]


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        ("lastm", timedelta(minutes=1)),
        ("last5m", timedelta(minutes=5)),
        ("last10m", timedelta(minutes=10)),
        ("last30m", timedelta(minutes=30)),
        ("lasth", timedelta(hours=1)),
        ("last12h", timedelta(hours=12)),
        ("last24h", timedelta(hours=24)),
        ("lastmonth", timedelta(days=30)),
    ],
)
def test_rolling_types_end_now(kind: str, length: timedelta) -> None:
    assert requested_periods({"type": kind}, NOW) == [Period(NOW - length.total_seconds(), NOW)]


def test_without_a_type_it_is_today() -> None:
    assert requested_periods({}, NOW) == [Period(NOW - 12.5 * 3600, NOW)]


def test_today_begins_at_midnight_of_the_time_zone_also_when_clocks_change() -> None:
    (period,) = requested_periods({"type": "today", "timezone": "Europe/Sarajevo"}, NOW)
    assert period == Period(datetime(2024, 3, 30, 23, 0, tzinfo=UTC).timestamp(), NOW)


def test_type_names_may_be_upper_case() -> None:
    assert requested_periods({"type": "LASTH"}, NOW) == requested_periods({"type": "lasth"}, NOW)


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


def test_a_whole_month_by_day_has_one_entry_a_day() -> None:
    edges = grouped("daily", "2024-01-01T00:00:00.000Z", "2024-01-31T23:59:59.000Z")
    assert len(edges) - 1 == 31


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


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
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
    ],
)
def test_a_faulty_request_is_refused_with_its_reason(request_: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        requested_periods(request_, NOW)


odd_requests = documents(["type", "start_time", "end_time", "timezone"])
plausible_requests = st.fixed_dictionaries(
    {"type": st.sampled_from(STAT_TYPES)},
    optional={
        "start_time": st.datetimes().map(datetime.isoformat) | st.text(),
        "end_time": st.datetimes().map(datetime.isoformat) | st.text(),
        "timezone": st.timezone_keys() | st.text(),
    },
)


@given(odd_requests | plausible_requests)
def test_any_request_gets_periods_or_a_reason(request_: dict[str, Any]) -> None:
    try:
        periods = requested_periods(request_, NOW)
    except BadRequest:
        return
    assert periods
    assert all(period.start <= period.end for period in periods)
