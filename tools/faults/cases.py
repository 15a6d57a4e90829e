"""The faults of one query, with what is expected of the exporter: docs/reliability.md sums them up."""

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from betatel_exporter.api.errors import Reason
from tools.faults.api import CODE, PHONE, Behaviour
from tools.faults.behaviours import (
    CHUNKED,
    GZIP,
    OK,
    body,
    document,
    endless,
    full_speed,
    gzip_bomb,
    rate_limited,
    raw,
    reset,
    silence,
    slowly,
    status,
    trickle,
)


@dataclass(frozen=True)
class Fault:
    """What one query meets."""

    what: str
    behave: Behaviour
    reason: Reason
    requests: int = 1
    """HTTP requests that a query costs: two where the connection broke before a response."""
    big: bool = False
    """Whether it is after the exporter's memory or CPU."""
    cooldown: float = 0.0
    """Seconds that nothing is sent afterwards."""

    @property
    def slow(self) -> bool:
        """Whether only the end of the time budget ends it."""
        return self.reason is Reason.TIMEOUT

    def __str__(self) -> str:
        return self.what


def many(first: bytes, repeated: bytes, last: bytes, size: int = 250_000) -> Behaviour:
    """A body of so many bytes; by default just within their limit."""
    return body(first + repeated * (size // len(repeated)) + last)


RECORDS = b'{"total":1,"list":['
LONG_NUMBER = json.dumps([{"total_requests": "1" * 250_000 + "x"}]).encode()
CONNECT, TIMEOUT, INVALID = Reason.CONNECT, Reason.TIMEOUT, Reason.INVALID_RESPONSE

CONNECTION = (
    Fault("the connection is reset once the request is there", reset, CONNECT, requests=2),
    Fault("the connection is closed without an answer", raw(b""), CONNECT, requests=2),
    Fault("no answer", silence, TIMEOUT),
    Fault(
        "interim responses (102) now and then, without end", slowly(b"HTTP/1.1 102 \r\n\r\n", 0.1), TIMEOUT
    ),
    Fault("half of the headers, then nothing", raw(OK + b"Cont", then=silence), TIMEOUT),
    Fault("headers, then nothing", raw(OK + b"Content-Length: 9\r\n\r\n", then=silence), TIMEOUT),
    Fault("an answer that trickles", trickle, TIMEOUT),
    Fault("a body shorter than its Content-Length", raw(OK + b"Content-Length: 9\r\n\r\n[]"), INVALID),
    Fault("chunks that end too early", raw(CHUNKED + b"2\r\n[]\r\n"), INVALID),
    Fault(
        "the connection is reset within the body",
        raw(OK + b"Content-Length: 9\r\n\r\n[", then=reset),
        INVALID,
    ),
)

HTTP = (
    Fault("not HTTP at all", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), INVALID),
    Fault("an invalid status line", raw(b"HTTP/1.1 OK 200\r\n\r\n"), INVALID),
    Fault("two different Content-Lengths", body(b"[]", "Content-Length: 7\r\n"), INVALID),
    Fault("chunks without a size", raw(CHUNKED + b"zz\r\n"), INVALID),
    Fault("interim responses (103) at full speed", full_speed(b"HTTP/1.1 103 \r\n\r\n"), INVALID, big=True),
    Fault("interim responses (100) at full speed", full_speed(b"HTTP/1.1 100 \r\n\r\n"), INVALID, big=True),
    Fault("a status line without end", full_speed(b"x", b"HTTP/1.1 200 "), INVALID, big=True),
    Fault("headers without end", full_speed(b"X: " + b"x" * 1000 + b"\r\n", OK), INVALID, big=True),
    Fault("headers of 100 KB", body(b"[]", "".join(f"X-{n}: {'x' * 5000}\r\n" for n in range(20))), INVALID),
    Fault("200 without a body", body(b""), INVALID),
    Fault("204", status(204), INVALID),
    Fault("206, a part of the answer", status(206), INVALID),
    *(
        Fault(f"{code}, a redirect", status(code, "Location: /api/elsewhere\r\n"), INVALID)
        for code in (301, 302, 303, 307, 308)
    ),
    *(Fault(f"{code}", status(code), Reason.CLIENT_ERROR) for code in (400, 404, 422)),
    *(Fault(f"{code}", status(code), Reason.UNAUTHORIZED) for code in (401, 403)),
    *(Fault(f"{code}", status(code), Reason.SERVER_ERROR) for code in (500, 502, 503)),
)

WEEK = 604_800.0


def date(seconds: float) -> Callable[[], str]:
    """A moment so many seconds after the request."""
    return lambda: formatdate(time.time() + seconds, usegmt=True)


RETRY_AFTER: tuple[tuple[str, str | Callable[[], str], float], ...] = (
    ("30", "30", 30.0),
    ("0", "0", 0.0),
    ("-5", "-5", 0.0),
    ("a week in seconds", f"{WEEK:.0f}", 3600.0),
    ("a number of 5000 digits", "9" * 5000, 3600.0),
    ("a date in a minute", date(60), 60.0),
    ("a date in a week", date(WEEK), 3600.0),
    ("a date in the past", date(-60), 0.0),
    ("an invalid date", "Mon, 99 Jan 2040 00:00:00 GMT", 0.0),
    ("a year of 20 digits", f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT", 0.0),
    ("anything else", "soon \xff, 5", 0.0),
)
LIMITS = (
    Fault("429 without Retry-After", status(429), Reason.RATE_LIMITED),
    *(
        Fault(f"429 with Retry-After: {what}", rate_limited(value), Reason.RATE_LIMITED, cooldown=cooldown)
        for what, value, cooldown in RETRY_AFTER
    ),
)

BODY = (
    Fault("HTML with 200", body(f"<html>{PHONE} {CODE}</html>".encode()), INVALID),
    Fault("null", document(None), INVALID),
    Fault("a text", document(CODE), INVALID),
    Fault("a list of texts", document([PHONE, CODE]), INVALID),
    Fault("an object of another shape", document({"error": f"{PHONE} {CODE}"}), INVALID),
    Fault("invalid UTF-8", body(b'["\xff\xfe"]'), INVALID),
    Fault("a body that is not the gzip it claims to be", body(b"[]", GZIP), INVALID),
    Fault("gzip that ends too early", body(gzip.compress(b"[" + b" " * 100_000 + b"]")[:60], GZIP), INVALID),
    Fault(
        "data after the end of a gzip stream",
        full_speed(bytes(64), OK + GZIP.encode() + b"\r\n" + gzip.compress(b"[]")),
        INVALID,
        big=True,
    ),
    Fault("an unrequested Content-Encoding", body(b"[]", "Content-Encoding: br\r\n"), INVALID),
    Fault("50 MB", endless, INVALID, big=True),
    Fault(
        "chunks without end", full_speed(b"10000\r\n" + b" " * 65_536 + b"\r\n", CHUNKED), INVALID, big=True
    ),
    Fault("chunks of one byte without end", full_speed(b"1\r\n \r\n", CHUNKED), INVALID, big=True),
    Fault("a gzip bomb of 20 MB", gzip_bomb, INVALID, big=True),
    Fault("100,000 nested brackets", body(b"[" * 100_000 + b"]" * 100_000), INVALID, big=True),
    Fault("10,000 nested objects", body(b'{"list":' * 10_000 + b"}" * 10_000), INVALID, big=True),
    Fault("80,000 empty objects", many(b"[", b"{},", b"{}]"), INVALID, big=True),
    Fault("80,000 empty records", many(RECORDS, b"{},", b"{}]}"), INVALID, big=True),
    Fault("330,000 empty records", many(RECORDS, b"{},", b"{}]}", 1_000_000), INVALID, big=True),
    Fault("80,000 empty lists", many(b"[", b"[],", b"[]]"), INVALID, big=True),
    Fault("125,000 zeros", many(b"[", b"0,", b"0]"), INVALID, big=True),
    Fault("a number of 250,000 digits", many(b'{"total":', b"9", b',"list":[]}'), INVALID, big=True),
    Fault("a text of 250,000 digits for a number", body(LONG_NUMBER), INVALID, big=True),
)

FAULTS = (*CONNECTION, *HTTP, *LIMITS, *BODY)
