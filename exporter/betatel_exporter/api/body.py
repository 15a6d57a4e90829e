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
    """The decompressed body; raises InvalidResponseError as soon as a limit is exceeded.

    The client does not ask for compression; gzip and deflate are accepted all the same, as they can be bounded.
    """
    stream = _decompressor(encoding)
    body = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        body += _decompressed(stream, chunk, MAX_BODY + 1 - len(body)) if stream else chunk
        if max(received, len(body)) > MAX_BODY:
            raise InvalidResponseError(f"a body of more than {MAX_BODY} bytes")
    if stream and not stream.eof:
        raise InvalidResponseError("the compressed body is truncated")
    check_json(body)
    return bytes(body)


def check_json(content: bytes | bytearray) -> None:
    """Raise InvalidResponseError for more values than any valid response has: a parser needs a hundred bytes for each.

    Brackets and commas within strings count too: this only counts, which takes microseconds.
    """
    if content.count(b"{") + content.count(b"[") > MAX_CONTAINERS:
        raise InvalidResponseError(f"more than {MAX_CONTAINERS} objects and arrays")
    if content.count(b",") > MAX_VALUES:
        raise InvalidResponseError(f"more than {MAX_VALUES} values")


def _decompressor(encoding: str) -> "zlib._Decompress | None":
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        case _:
            raise InvalidResponseError("an unrequested Content-Encoding")


def _decompressed(stream: "zlib._Decompress", chunk: bytes, limit: int) -> bytes:
    try:
        decompressed = stream.decompress(chunk, limit)
    except zlib.error:
        raise InvalidResponseError("the body does not match its Content-Encoding") from None
    if stream.unused_data:
        raise InvalidResponseError("data after the end of the compressed body")
    return decompressed
