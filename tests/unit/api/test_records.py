import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.records import PageRequest, destination_label

KEY = b"k" * 32
RECORD: dict[str, Any] = {
    "uuid": "01JV5V54KPYK9GB29265EQRZ2P",
    "to": "+38761444555",
    "code": "482910",
    "status": "DELIVERED",
    "request_id": "187259537046478",
    "country": "Bosnia and Herzegovina",
    "country_code": 387,
    "network": "BH Telecom",
    "timestamp": "2024-01-15T10:30:00.000Z",
}
REQUEST = PageRequest(1, KEY)


def body(*records: dict[str, Any], **fields: Any) -> bytes:
    page = {"page": 1, "rows_per_page": 100, "total": len(records), "list": list(records), **fields}
    return json.dumps(page).encode()


def parsed(**changes: Any) -> Any:
    (record,) = REQUEST.parse(body(RECORD | changes)).records
    return record


def refusal(content: bytes) -> Exception | None:
    try:
        REQUEST.parse(content)
    except Exception as error:  # noqa: BLE001 - of which type is what the test is about
        return error
    return None


def test_a_page_of_the_newest_records_of_all_statuses_is_asked_for() -> None:
    assert PageRequest(3, KEY).body == {
        "page": 3,
        "rows_per_page": 100,
        "sort_by": "timestamp",
        "sort_direction": "DESC",
    }


def test_a_record_is_read_without_its_number_and_code() -> None:
    record = parsed()
    assert (record.status, record.country, record.network) == (
        "DELIVERED",
        "Bosnia and Herzegovina",
        "BH Telecom",
    )
    assert record.created == 1_705_314_600
    assert not any(secret in str(record.__dict__) + repr(record) for secret in ("38761444555", "482910"))


def test_people_are_distinguished_by_a_hash_that_depends_on_the_key() -> None:
    (other_key,) = PageRequest(1, b"o" * 32).parse(body(RECORD)).records
    assert parsed().person == parsed(to=" +38761444555 ").person
    assert len({parsed().person, parsed(to="+38761444556").person, other_key.person}) == 3


def test_what_is_not_a_page_of_records_is_an_invalid_response() -> None:
    missing = {
        name: body({key: RECORD[key] for key in RECORD if key != name}) for name in ("uuid", "to", "status")
    }
    wrong: dict[str, bytes] = {
        "no JSON": b"{",
        "a list": b"[]",
        "no list": b'{"total": 0}',
        "no total": b'{"list": []}',
        "a total that is no number": body(RECORD, total="many"),
        "a negative total": body(RECORD, total=-1),
        "an endless total": body(RECORD, total=1e300),
        "a total of nothing with a record": body(RECORD, total=0),
        "a total of something without a record": body(total=7),
        "fewer rows than there are": body(RECORD, total=101),
        "more rows than asked for": body(*[RECORD] * 101),
        "another page": body(RECORD, page=2),
        "other rows": body(RECORD, rows_per_page=20),
        "an unknown status": body(RECORD | {"status": "LOST"}),
        "a time without a UTC offset": body(RECORD | {"timestamp": "2024-01-15T10:30:00"}),
        "a number that is none": body(RECORD | {"to": 38761444555}),
        "an empty number": body(RECORD | {"to": " "}),
        "half a character": body(RECORD | {"to": "\ud800"}),
        "an empty uuid": body(RECORD | {"uuid": ""}),
        "a network that is no text": body(RECORD | {"network": 21803}),
    }
    for name, content in (missing | wrong).items():
        error = refusal(content)
        assert isinstance(error, InvalidResponseError), name
        assert not any(secret in str(error) for secret in ("38761", "482910")), name
        assert (error.__cause__, error.__context__) == (None, None), name


def test_paging_fields_may_be_missing_and_other_fields_are_ignored() -> None:
    document = {"total": 1, "list": [RECORD | {"extra": [1, 2]}], "extra": {}}
    assert len(REQUEST.parse(json.dumps(document).encode()).records) == 1


def test_a_page_past_the_end_is_empty() -> None:
    page = PageRequest(3, KEY).parse(body(page=3, total=250))
    assert (page.number, page.total, len(page.records)) == (3, 250, 0)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("  BH Telecom\n", "BH Telecom"),
        ("O2", "O2"),
        ("3G 900", "3G 900"),
        ("A1 Telekom Österreich", "A1 Telekom Österreich"),
        ("中国移动", "中国移动"),
        ("other", "other"),
        (None, "unknown"),
        ("", "unknown"),
        (" \t", "unknown"),
        ("x" * 60, "x" * 48),
        ("x" * 47 + " yz", "x" * 47),
        ("38761444555", "other"),
        ("network 1234", "other"),
        ("+387 61 444 555", "other"),
        ("(06) 1-2.3", "other"),
        ("1_2_3_4", "other"),
        ("x" * 60 + "1234", "other"),
        ("٠١٢٣", "other"),
        ("\uff11\uff12\uff13\uff14", "other"),
        ("①②③④", "other"),
        ("x¹²³⁴", "other"),
        ("a\tb", "other"),
        ("a\x00b", "other"),
        ("a\x85b", "other"),
        ("a\u202eb", "other"),
        ("a\u2028b", "other"),
    ],
)
def test_a_label_is_the_word_of_the_api_or_a_safe_one(value: str | None, label: str) -> None:
    assert destination_label(value) == label
    assert parsed(country=value, network=value).network == label


digits = st.sampled_from([chr(point) for point in range(0x20000) if unicodedata.category(chr(point)) == "Nd"])
separators = st.text(st.sampled_from(" +-./()_\u00a0"), max_size=2)


@given(
    st.text(max_size=60),
    st.lists(st.tuples(digits, separators), min_size=4).map(lambda run: "".join(map("".join, run))),
    st.text(max_size=60),
)
def test_four_digits_in_a_row_never_become_a_label(before: str, number: str, after: str) -> None:
    assert destination_label(before + number + after) == "other"


@given(st.text() | st.text(st.characters(categories=["Lu", "Ll", "Nd", "Zs", "Po"])))
def test_any_text_becomes_a_short_trimmed_printable_label(text: str) -> None:
    label = destination_label(text)
    assert 1 <= len(label) <= 48
    assert label == label.strip()
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in label)
    assert label in {"other", "unknown"} or text.strip().startswith(label)
    assert destination_label(label) == label
