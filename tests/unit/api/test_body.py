import gzip
import json
import zlib
from collections.abc import AsyncIterator

import pytest

from betatel_exporter.api.body import MAX_BODY, MAX_CONTAINERS, MAX_VALUES, read
from betatel_exporter.api.errors import InvalidResponseError

pytestmark = pytest.mark.anyio

WHOLE = gzip.compress(b"[]")
TOO_LARGE = "more than 262144 bytes"
RECORD = dict.fromkeys(map(str, range(13)), "a value, with a comma")


async def outcome(content: bytes, encoding: str, size: int = 4096) -> int | str:
    """The length of the body read from pieces of a size, or the problem."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]

    try:
        return len(await read(pieces(), encoding))
    except InvalidResponseError as error:
        return str(error)


async def test_a_body_is_read_within_its_limits() -> None:
    page = json.dumps([RECORD] * 100).encode()
    for encoding, content, size in (
        ("", bytes(MAX_BODY), MAX_BODY),
        ("identity", page, len(page)),
        ("", b"[" * MAX_CONTAINERS, MAX_CONTAINERS),
        ("", b"," * MAX_VALUES, MAX_VALUES),
        ("X-GZip", WHOLE, 2),
        ("deflate", zlib.compress(b"[]"), 2),
    ):
        assert await outcome(content, encoding) == size
    endless_comment = b"\x1f\x8b\x08\x10" + bytes(6) + b"x" * 2 * MAX_BODY
    for encoding, content, problem in (
        ("", bytes(MAX_BODY + 1), TOO_LARGE),
        ("gzip", endless_comment, TOO_LARGE),
        ("", b"[" * (MAX_CONTAINERS + 1), "objects and arrays"),
        ("", b"," * (MAX_VALUES + 1), "values"),
        ("gzip", WHOLE[:-1], "truncated"),
    ):
        assert problem in str(await outcome(content, encoding))


async def test_a_compressed_body_may_come_in_any_pieces_and_nothing_after_it() -> None:
    for size in (1, len(WHOLE) - 1, len(WHOLE), len(WHOLE) + 1, 4096):
        assert await outcome(WHOLE, "gzip", size) == 2
        for rest in (b"\x00", WHOLE, bytes(10_000)):
            assert "after the end" in str(await outcome(WHOLE + rest, "gzip", size))
