import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.api.fields import InvalidAnswerError
from betatel_exporter.api.models import (
    Records,
    RecordsQuery,
    Stats,
    StatsQuery,
    Status,
    Window,
)

STATS = StatsQuery(Window.LAST_HOUR)
FAILED = RecordsQuery(Status.FAILED)
ENTRY: dict[str, Any] = {
    "total_requests": 842,
    "total_transactions": 809,
    "total_amount": 8.09,
    "currency": "EUR",
}
RECORD: dict[str, Any] = {
    "uuid": "01JV5V54KPYK9GB29265EQRZ2P",
    "to": "+38761444555",
    "code": "482910",
    "status": "FAILED",
    "timestamp": "2024-01-15T10:30:00.000Z",
}


def stats(*entries: Any) -> Stats:
    return STATS.parse(json.dumps(list(entries)).encode())


def records(total: Any = 243, *found: Any) -> Records:
    return FAILED.parse(json.dumps({"page": 1, "total": total, "list": list(found)}).encode())


def test_the_documented_stats_answer_is_read() -> None:
    assert stats(ENTRY) == Stats(842, 809, {"EUR": 8.09})


def test_the_documented_page_of_records_is_read() -> None:
    assert records(243, RECORD) == Records(243, 1705314600.0)


def test_a_window_without_traffic_is_zeros_in_the_default_currency() -> None:
    assert stats() == Stats(0, 0, {"EUR": 0})


def test_several_entries_add_up_and_amounts_do_so_per_currency() -> None:
    dollars = {"total_requests": 8, "total_transactions": 1, "total_amount": 2, "currency": "usd"}
    assert stats(ENTRY, dollars, dollars) == Stats(858, 811, {"EUR": 8.09, "USD": 4})


@pytest.mark.parametrize("missing", [{"currency": None}, {}])
def test_a_currency_that_is_missing_or_null_is_the_euro(missing: dict[str, Any]) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "currency"} | missing
    assert stats(entry).amounts == {"EUR": 8.09}


def test_a_null_is_zero_and_a_number_in_text_is_a_number() -> None:
    entry = ENTRY | {"total_requests": "842", "total_transactions": None, "total_amount": " 8.09 "}
    assert stats(entry) == Stats(842, 0, {"EUR": 8.09})


def test_a_negative_amount_is_a_refund() -> None:
    assert stats(ENTRY | {"total_amount": -3.5}).amounts == {"EUR": -3.5}


def test_unknown_fields_are_ignored() -> None:
    assert stats(ENTRY | {"total_taxes": 7}).requests == 842


@pytest.mark.parametrize("field", ["total_requests", "total_transactions", "total_amount"])
@pytest.mark.parametrize(
    "value", ["many", "", "nan", "1_000", "٣", True, [], {}, float("nan"), float("inf"), "1e999", 10**400]
)
def test_what_is_no_finite_number_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidAnswerError):
        stats(ENTRY | {field: value})


@pytest.mark.parametrize("field", ["total_requests", "total_transactions"])
def test_a_count_below_zero_is_refused(field: str) -> None:
    with pytest.raises(InvalidAnswerError, match=f"0.{field}: greater than equal"):
        stats(ENTRY | {field: -1})


@pytest.mark.parametrize("field", ["total_requests", "total_transactions", "total_amount"])
def test_a_missing_number_is_refused(field: str) -> None:
    with pytest.raises(InvalidAnswerError, match=f"0.{field}: missing"):
        stats({name: value for name, value in ENTRY.items() if name != field})


@pytest.mark.parametrize("currency", ["", "€", "+38761444555", 978, "EURODOLLAR"])
def test_a_currency_that_is_none_is_refused(currency: Any) -> None:
    with pytest.raises(InvalidAnswerError, match="currency"):
        stats(ENTRY | {"currency": currency})


def test_entries_that_add_up_to_infinity_are_refused() -> None:
    with pytest.raises(InvalidAnswerError, match="add up"):
        stats(*[ENTRY | {"total_amount": 1e308}] * 2)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"null", b"[1]", b"\xff", b"[" * 100_000, b'{"total": 1}']
)
@pytest.mark.parametrize("query", [STATS, FAILED])
def test_a_body_of_another_shape_is_refused(query: StatsQuery | RecordsQuery, body: bytes) -> None:
    with pytest.raises(InvalidAnswerError):
        query.parse(body)


def test_no_records_are_a_valid_zero_without_a_time() -> None:
    assert records(0) == Records(0, None)


@pytest.mark.parametrize(("total", "found"), [(5, []), (0, [RECORD])])
def test_a_total_that_its_list_contradicts_is_refused(total: int, found: list[Any]) -> None:
    with pytest.raises(InvalidAnswerError, match="contradict"):
        records(total, *found)


def test_a_record_of_another_status_means_the_filter_was_ignored() -> None:
    with pytest.raises(InvalidAnswerError, match="another status"):
        records(243, RECORD | {"status": "READ"})


def test_only_the_first_record_is_looked_at() -> None:
    assert records(243, RECORD, "rubbish").total == 243


@pytest.mark.parametrize(
    "time", [None, 1705314600, "yesterday", "2024-01-15T10:30:00", "2024-13-15T10:30:00Z"]
)
def test_a_record_without_an_unambiguous_time_is_refused(time: Any) -> None:
    with pytest.raises(InvalidAnswerError, match=r"list\.0\.timestamp"):
        records(1, RECORD | {"timestamp": time})


def test_neither_recipient_nor_code_is_kept_or_told() -> None:
    with pytest.raises(InvalidAnswerError) as caught:
        records(1, RECORD | {"timestamp": "+38761444555", "status": "482910"})
    told = repr(records(243, RECORD)) + repr(caught.value)
    assert "38761444555" not in told
    assert "482910" not in told


@pytest.mark.parametrize(
    ("status", "direction"), [(Status.PENDING, "ASC"), (Status.SENT, "ASC"), (Status.READ, "DESC")]
)
def test_one_record_is_asked_for_the_oldest_in_flight_or_the_newest_settled(
    status: Status, direction: str
) -> None:
    assert RecordsQuery(status).body == {
        "page": 1,
        "rows_per_page": 1,
        "sort_by": "timestamp",
        "sort_direction": direction,
        "filter": {"status": status},
    }


def test_a_stats_query_asks_for_its_window_in_its_time_zone() -> None:
    query = StatsQuery(Window.TODAY, "Europe/Sarajevo")
    assert query.name == "stats/today"
    assert query.body == {"type": "today", "timezone": "Europe/Sarajevo"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
ODD_ENTRY = st.fixed_dictionaries({}, optional=dict.fromkeys(ENTRY, JSON))
ODD_RECORD = st.fixed_dictionaries(
    {}, optional={"status": st.sampled_from([*Status]) | JSON, "timestamp": st.datetimes().map(str) | JSON}
)
ODD_PAGE = st.fixed_dictionaries(
    {}, optional={"total": JSON, "list": st.lists(ODD_RECORD, max_size=2) | JSON}
)


@given(
    st.lists(ODD_ENTRY, max_size=3).map(json.dumps).map(str.encode)
    | JSON.map(json.dumps).map(str.encode)
    | st.binary()
)
def test_any_stats_body_ends_in_values_or_a_refusal(body: bytes) -> None:
    try:
        answer = STATS.parse(body)
    except InvalidAnswerError:
        return
    assert answer.requests >= 0
    assert answer.transactions >= 0
    assert answer.amounts


@given(ODD_PAGE.map(json.dumps).map(str.encode) | JSON.map(json.dumps).map(str.encode) | st.binary())
def test_any_body_of_records_ends_in_values_or_a_refusal(body: bytes) -> None:
    try:
        answer = FAILED.parse(body)
    except InvalidAnswerError:
        return
    assert (answer.total > 0) == (answer.edge is not None)
