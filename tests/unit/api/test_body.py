import gzip
import json
import zlib
from collections.abc import AsyncIterator

import pytest

from betatel_exporter.api.body import MAX_BODY, MAX_CONTAINERS, MAX_VALUES, check_json, read
from betatel_exporter.api.errors import InvalidResponseError

pytestmark = pytest.mark.anyio


async def pieces(content: bytes, size: int = 4096) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def test_a_body_as_large_as_allowed_is_read_and_one_byte_more_is_not() -> None:
    assert len(await read(pieces(bytes(MAX_BODY)), "")) == MAX_BODY
    with pytest.raises(InvalidResponseError, match="more than 262144 bytes"):
        await read(pieces(bytes(MAX_BODY + 1)), "")


async def test_a_compressed_body_is_understood() -> None:
    compressed = {
        "gzip": gzip.compress(b"[]"),
        "X-GZip": gzip.compress(b"[]"),
        "deflate": zlib.compress(b"[]"),
    }
    for encoding, content in compressed.items():
        for size in (1, 4096):
            assert await read(pieces(content, size), encoding) == b"[]", (encoding, size)


async def test_a_compressed_body_is_bounded_in_both_forms() -> None:
    bomb = gzip.compress(bytes(50 * MAX_BODY))
    comment = b"\x1f\x8b\x08\x10" + bytes(6) + b"x" * 2 * MAX_BODY
    for content in (bomb, comment):
        with pytest.raises(InvalidResponseError, match="more than 262144 bytes"):
            await read(pieces(content), "gzip")


async def test_nothing_may_follow_the_end_of_a_compressed_body() -> None:
    whole = gzip.compress(b"[]")
    for rest in (b"\x00", whole, bytes(10_000)):
        for size in (len(whole), len(whole) + 1):
            with pytest.raises(InvalidResponseError, match="after the end"):
                await read(pieces(whole + rest, size), "gzip")


async def test_a_body_that_is_not_what_its_encoding_says_is_refused() -> None:
    refused = {
        ("gzip", b"[]" * 20): "does not match its Content-Encoding",
        ("gzip", gzip.compress(b"[]")[:-1]): "truncated",
        ("gzip", b""): "truncated",
        ("br", b"[]"): "unrequested",
    }
    for (encoding, content), problem in refused.items():
        with pytest.raises(InvalidResponseError, match=problem):
            await read(pieces(content), encoding)


def test_a_page_of_a_hundred_records_is_within_the_limits() -> None:
    record = dict.fromkeys(map(str, range(13)), "a value, with a comma")
    check_json(json.dumps({"total": 100, "list": [record] * 100}).encode())


def test_more_values_than_any_answer_has_are_refused() -> None:
    for content, problem in {
        b"[" * MAX_CONTAINERS: None,
        b"[" * (MAX_CONTAINERS + 1): "objects",
        b"{" * (MAX_CONTAINERS + 1): "objects",
        b"," * MAX_VALUES: None,
        b"," * (MAX_VALUES + 1): "values",
    }.items():
        if problem is None:
            check_json(content)
        else:
            with pytest.raises(InvalidResponseError, match=problem):
                check_json(content)
