"""Bodies of another shape are tested in tests/integration/faults."""

import json
from typing import Any

import pytest

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window

STATS = StatsQuery(Window.LAST_HOUR)
FAILED = RecordsQuery(Status.FAILED)
ENTRY = {"total_requests": 842, "total_transactions": 809, "total_amount": 8.09, "currency": "EUR"}
COUNTS = ("total_requests", "total_transactions")
FIELDS = (*COUNTS, "total_amount")
RECORD = {
    "uuid": "01JV5V54KPYK9GB29265EQRZ2P",
    "to": "+38761444555",
    "code": "482910",
    "status": "FAILED",
    "timestamp": "2024-01-15T10:30:00.000Z",
}
DOLLARS = {"total_requests": 8, "total_transactions": 1, "total_amount": 2, "currency": "usd"}


def entry(**changes: Any) -> dict[str, Any]:
    """An entry with some fields changed, or left out where the change is `...`."""
    return {name: value for name, value in (ENTRY | changes).items() if value is not ...}


def page(*records: Any, total: Any = 243) -> dict[str, Any]:
    return {"page": 1, "total": total, "list": list(records)}


def parsed(query: StatsQuery | RecordsQuery, document: Any) -> Any:
    """The value, or the text of the refusal."""
    try:
        return query.parse(document if isinstance(document, bytes) else json.dumps(document).encode())
    except InvalidResponseError as error:
        return str(error)


@pytest.mark.parametrize(
    ("entries", "stats"),
    [
        pytest.param([ENTRY], Stats(842, 809, {"EUR": 8.09}), id="as documented"),
        pytest.param([], Stats(0, 0, {"EUR": 0}), id="no traffic"),
        pytest.param([ENTRY, DOLLARS, DOLLARS], Stats(858, 811, {"EUR": 8.09, "USD": 4}), id="a sum"),
        pytest.param([entry(currency=...)], Stats(842, 809, {"EUR": 8.09}), id="no currency"),
        pytest.param([entry(currency=None)], Stats(842, 809, {"EUR": 8.09}), id="currency null"),
        pytest.param([entry(total_transactions=None)], Stats(842, 0, {"EUR": 8.09}), id="count null"),
        pytest.param([entry(total_amount=" 8.10 ")], Stats(842, 809, {"EUR": 8.1}), id="number in text"),
        pytest.param([entry(total_amount=-3.5)], Stats(842, 809, {"EUR": -3.5}), id="refund"),
        pytest.param([entry(total_taxes=7)], Stats(842, 809, {"EUR": 8.09}), id="unknown field"),
    ],
)
def test_a_stats_answer_is_read(entries: Any, stats: Stats) -> None:
    assert parsed(STATS, entries) == stats


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
    for field in FIELDS:
        for value in (*odd, "9" * 5000):
            assert parsed(STATS, [entry(**{field: value})]).startswith(f"0.{field}: not a"), value
        assert parsed(STATS, [entry(**{field: ...})]) == f"0.{field}: missing"
    for field in COUNTS:
        assert parsed(STATS, [entry(**{field: -1})]) == f"0.{field}: greater than equal"


def test_currencies_are_codes_of_a_limited_number() -> None:
    for currency in ("", "\u20ac", "+38761444555", 978, "EURODOLLAR"):
        assert parsed(STATS, [entry(currency=currency)]) == "0.currency: not a currency code"
    many = [entry(currency=f"AA{chr(65 + n // 26)}{chr(65 + n % 26)}") for n in range(33)]
    assert len(parsed(STATS, many[:32]).amounts) == 32
    assert parsed(STATS, many) == "more than 32 currencies"


def test_entries_that_add_up_to_infinity_are_refused() -> None:
    assert "sum of the entries" in parsed(STATS, [entry(total_amount=1e308)] * 2)


def test_a_page_of_records_is_a_total_and_the_time_of_its_first_record() -> None:
    assert parsed(FAILED, page(RECORD)) == Records(243, 1705314600.0)
    assert parsed(FAILED, page(RECORD, "rubbish")) == Records(243, 1705314600.0)
    assert parsed(FAILED, page(total=0)) == Records(0, None)
    for time in (None, 1705314600, "yesterday", "2024-01-15T10:30:00", "2024-13-15T10:30:00Z"):
        assert "list.0.timestamp: " in parsed(FAILED, page(RECORD | {"timestamp": time})), time


def test_one_record_is_requested_the_oldest_in_flight_or_the_newest_of_the_others() -> None:
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
