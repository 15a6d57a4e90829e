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
SECRETS = ("38761444555", "482910")
REQUEST = PageRequest(1, KEY)


def body(*records: dict[str, Any], **fields: Any) -> bytes:
    page = {"page": 1, "rows_per_page": 100, "total": len(records), "list": list(records), **fields}
    return json.dumps({name: value for name, value in page.items() if value is not ...}).encode()


def parsed(request: PageRequest = REQUEST, **changes: Any) -> Any:
    (record,) = request.parse(body(RECORD | changes)).records
    return record


def test_a_page_of_the_newest_records_of_all_statuses_is_requested() -> None:
    body = {"page": 3, "rows_per_page": 100, "sort_by": "timestamp", "sort_direction": "DESC"}
    assert PageRequest(3, KEY).body == body


def test_a_record_is_read_without_its_number_and_code() -> None:
    record = parsed(extra=[1, 2])
    assert record.status == "DELIVERED"
    assert (record.country, record.network) == ("Bosnia and Herzegovina", "BH Telecom")
    assert record.created == 1_705_314_600
    assert not any(secret in str(record.__dict__) + repr(record) for secret in SECRETS)


def test_people_are_distinguished_by_a_hash_that_depends_on_the_key() -> None:
    assert parsed().person == parsed(to=" +38761444555 ").person
    other = parsed(to="+38761444556"), parsed(PageRequest(1, b"o" * 32))
    assert len({parsed().person, *(record.person for record in other)}) == 3


def test_a_page_that_was_not_requested_or_a_record_without_its_fields_is_an_invalid_response() -> None:
    pages = [
        body(RECORD, total=1e300),
        body(RECORD, total=101),  # and a first page that is not full
        body(*[RECORD] * 101),
        body(RECORD, page=2),
        body(RECORD, rows_per_page=20),
        *(body({name: RECORD[name] for name in RECORD if name != lost}) for lost in ("uuid", "to", "status")),
    ]
    changes: list[tuple[str, Any]] = [("status", "LOST"), ("uuid", ""), ("network", 21803)]
    changes += [("to", number) for number in (38761444555, " ", "\ud800")]
    for content in [*pages, *(body(RECORD | {name: value}) for name, value in changes)]:
        with pytest.raises(InvalidResponseError) as caught:
            REQUEST.parse(content)
        assert not any(secret in str(caught.value) for secret in SECRETS)
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_paging_fields_may_be_missing_and_other_fields_are_ignored() -> None:
    assert len(REQUEST.parse(body(RECORD, page=..., rows_per_page=..., extra={})).records) == 1


def test_a_page_past_the_end_is_empty() -> None:
    page = PageRequest(3, KEY).parse(body(page=3, total=250))
    assert (page.number, page.total, len(page.records)) == (3, 250, 0)


def test_a_label_is_the_word_of_the_api_or_a_safe_one() -> None:
    labels: dict[str | None, str] = {
        "  BH Telecom\n": "BH Telecom",
        "x" * 60: "x" * 48,
        "x" * 47 + " yz": "x" * 47,
        **dict.fromkeys([None, "", " \t"], "unknown"),
        **{word: word for word in ("O2", "3G 900", "A1 Telekom Österreich", "中国移动", "other")},
        **dict.fromkeys(["38761444555", "network 1234", "+387 61 444 555", "(06) 1-2.3", "1_2_3_4"], "other"),
        **dict.fromkeys(["x" * 60 + "1234", "٠١٢٣", "\uff11\uff12\uff13\uff14", "①②③④", "x¹²³⁴"], "other"),
        **dict.fromkeys(["a\tb", "a\x00b", "a\x85b", "a\u202eb", "a\u2028b"], "other"),
    }
    assert {value: destination_label(value) for value in labels} == labels
    assert {value: parsed(country=value, network=value).network for value in labels} == labels


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
