from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.fields import BadRequest, integer, json_object, mapping, text


@given(st.binary())
def test_a_body_is_an_object_or_a_bad_request(body: bytes) -> None:
    with suppress(BadRequest):
        assert isinstance(json_object(body), dict)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'"type"', b"\xff", b"[" * 100_000, b'{"page": 1e400']
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match="body"):
        json_object(body)


def test_an_empty_body_is_an_empty_object_as_all_fields_are_optional() -> None:
    assert json_object(b"") == {}


def test_a_field_is_read_by_its_type() -> None:
    fields = {"type": "lasth", "page": 2, "filter": {"status": "READ"}}
    assert text(fields, "type", "today") == "lasth"
    assert integer(fields, "page", 1) == 2
    assert mapping(fields, "filter") == {"status": "READ"}
    assert (text({}, "type", "today"), integer({"page": None}, "page", 1), mapping({}, "filter")) == (
        "today",
        1,
        {},
    )
    for faulty in (
        lambda: text(fields, "page", ""),
        lambda: integer(fields, "type", 1),
        lambda: mapping(fields, "page"),
    ):
        with pytest.raises(BadRequest):
            faulty()
