import json
from typing import Any

import pytest

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window

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


def refusal(query: StatsQuery | RecordsQuery, document: Any) -> str:
    with pytest.raises(InvalidResponseError) as caught:
        query.parse(document if isinstance(document, bytes) else json.dumps(document).encode())
    return str(caught.value)


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in ENTRY.items() if name != field}


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


def test_a_currency_that_is_missing_or_null_is_the_euro() -> None:
    for entry in (without("currency"), ENTRY | {"currency": None}):
        assert stats(entry).amounts == {"EUR": 8.09}


def test_a_null_is_zero_and_a_number_in_text_is_a_number() -> None:
    entry = ENTRY | {"total_requests": "842", "total_transactions": None, "total_amount": " 8.09 "}
    assert stats(entry) == Stats(842, 0, {"EUR": 8.09})


def test_a_negative_amount_is_a_refund() -> None:
    assert stats(ENTRY | {"total_amount": -3.5}).amounts == {"EUR": -3.5}


def test_unknown_fields_are_ignored() -> None:
    assert stats(ENTRY | {"total_taxes": 7}).requests == 842


def test_a_field_that_is_not_a_finite_number_is_refused_by_name() -> None:
    odd: tuple[Any, ...] = (
        "many",
        "",
        "nan",
        "1_000",
        "\u0663",
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        "1e999",
        10**400,
    )
    for field in ("total_requests", "total_transactions", "total_amount"):
        for value in (*odd, "9" * 5000):
            refusal(STATS, [ENTRY | {field: value}])
        assert refusal(STATS, [without(field)]) == f"0.{field}: missing"


def test_a_count_below_zero_is_refused() -> None:
    for field in ("total_requests", "total_transactions"):
        assert refusal(STATS, [ENTRY | {field: -1}]) == f"0.{field}: greater than equal"


def test_an_invalid_currency_is_refused() -> None:
    for currency in ("", "\u20ac", "+38761444555", 978, "EURODOLLAR"):
        assert refusal(STATS, [ENTRY | {"currency": currency}]) == "0.currency: not a currency code"


def test_more_currencies_than_the_maximum_are_refused() -> None:
    entries = [ENTRY | {"currency": f"AA{chr(65 + n // 26)}{chr(65 + n % 26)}"} for n in range(33)]
    assert len(stats(*entries[:32]).amounts) == 32
    assert refusal(STATS, entries) == "more than 32 currencies"


def test_entries_that_add_up_to_infinity_are_refused() -> None:
    assert "sum of the entries" in refusal(STATS, [ENTRY | {"total_amount": 1e308}] * 2)


def test_a_body_of_another_shape_is_refused() -> None:
    for query in (STATS, FAILED):
        for body in (b"", b"<html>", b"{}", b"null", b"[1]", b"\xff", b"[" * 1000, b'{"total": 1}'):
            refusal(query, body)


def test_no_records_are_a_valid_zero_without_a_time() -> None:
    assert records(0) == Records(0, None)


def test_a_total_that_its_list_contradicts_is_refused() -> None:
    for total, found in ((5, []), (0, [RECORD])):
        assert "inconsistent" in refusal(FAILED, {"total": total, "list": found})


def test_a_record_of_another_status_means_the_filter_was_ignored() -> None:
    assert "another status" in refusal(FAILED, {"total": 243, "list": [RECORD | {"status": "READ"}]})


def test_only_the_first_record_is_read() -> None:
    assert records(243, RECORD, "rubbish").total == 243


def test_a_record_without_an_unambiguous_time_is_refused() -> None:
    for time in (None, 1705314600, "yesterday", "2024-01-15T10:30:00", "2024-13-15T10:30:00Z"):
        problem = refusal(FAILED, {"total": 1, "list": [RECORD | {"timestamp": time}]})
        assert problem.startswith("list.0.timestamp: "), time


def test_neither_recipient_nor_code_is_kept_or_shown() -> None:
    misplaced = RECORD | {"timestamp": "+38761444555", "status": "482910"}
    shown = repr(records(243, RECORD)) + refusal(FAILED, {"total": 1, "list": [misplaced]})
    assert "38761444555" not in shown
    assert "482910" not in shown


def test_one_record_is_asked_for_the_oldest_in_flight_or_the_newest_settled() -> None:
    for status in Status:
        assert RecordsQuery(status).body == {
            "page": 1,
            "rows_per_page": 1,
            "sort_by": "timestamp",
            "sort_direction": "ASC" if status in {Status.PENDING, Status.SENT} else "DESC",
            "filter": {"status": status},
        }


def test_a_stats_query_asks_for_its_window_in_its_time_zone() -> None:
    query = StatsQuery(Window.TODAY, "Europe/Sarajevo")
    assert query.name == "stats/today"
    assert query.body == {"type": "today", "timezone": "Europe/Sarajevo"}
