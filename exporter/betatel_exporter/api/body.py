"""Reads the body of a response within limits, before it is parsed."""

import zlib
from collections.abc import AsyncIterator

from betatel_exporter.api.errors import InvalidResponseError

MAX_BODY = 256 * 1024
"""Bytes of a body, compressed and decompressed. A documented stats answer has some 100, a page of 100 records 40,000."""

MAX_CONTAINERS = 1000
"""JSON objects and arrays of a body. A page of 100 records has 102."""

MAX_VALUES = 10_000
"""JSON values of a body. A page of 100 records has some 1,500."""


async def read(chunks: AsyncIterator[bytes], encoding: str) -> bytes:
    """The body, decompressed; raises InvalidResponseError as soon as a limit is exceeded.

    Compression is not asked for; what comes compressed all the same is understood where it can be bounded.
    """
    inflater = _inflater(encoding)
    body = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        body += inflater.inflate(chunk, MAX_BODY + 1 - len(body)) if inflater else chunk
        if max(received, len(body)) > MAX_BODY:
            raise InvalidResponseError(f"a body of more than {MAX_BODY} bytes")
    if inflater and not inflater.complete:
        raise InvalidResponseError("the compressed body is truncated")
    return bytes(body)


class _Inflater:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def inflate(self, chunk: bytes, limit: int) -> bytes:
        if self._stream.eof:
            raise InvalidResponseError("data after the end of the compressed body")
        try:
            inflated = self._stream.decompress(chunk, limit)
        except zlib.error:
            raise InvalidResponseError("the body does not match its Content-Encoding") from None
        if self._stream.unused_data:
            raise InvalidResponseError("data after the end of the compressed body")
        return inflated


def _inflater(encoding: str) -> _Inflater | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return _Inflater()
        case _:
            raise InvalidResponseError("an unrequested Content-Encoding")


def check_json(content: bytes) -> None:
    """Raise InvalidResponseError for a body of more values than any answer has: a parser needs a hundred bytes for each.

    Brackets and commas within texts count, too: counting is all this does, and takes microseconds.
    """
    if content.count(b"{") + content.count(b"[") > MAX_CONTAINERS:
        raise InvalidResponseError(f"more than {MAX_CONTAINERS} objects and arrays")
    if content.count(b",") > MAX_VALUES:
        raise InvalidResponseError(f"more than {MAX_VALUES} values")
