"""Odd responses of the API, requests of clients, and settings of operators."""

import json
import re

import yaml
from hypothesis import strategies as st

from betatel_exporter.config import SETTINGS as KNOWN
from tools.faults.api import CODE, KEY, PHONE, good_body

WORDS = "", "NaN", "-0", "1e400", "\u0663", "0x10", "EUR", "SENT", "9" * 400, "\x00", PHONE, CODE
TIMES = "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-W01-1"
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WORDS + TIMES)
)

FIELDS = "total_requests total_transactions total_amount currency total list status timestamp uuid to country network"
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS.split()) | st.text(max_size=8), inner, max_size=8)
    ),
    max_leaves=20,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good body with some of its bytes replaced."""
    content = good_body(draw(st.sampled_from(["stats/lasth", "tdr/SENT", "tdr/READ", "tdr/recent"])))
    start = draw(st.integers(0, len(content)))
    return content[:start] + draw(st.binary(max_size=6)) + content[start + draw(st.integers(0, 9)) :]


BODIES = st.binary() | DOCUMENTS.map(lambda value: json.dumps(value).encode()) | damaged()

STATUS_LINES = b"HTTP/1.1 200 OK", b"HTTP/1.0 200 ", b"HTTP/1.1 400 \xff", b"HTTP/1.1 103 ", b"HTTP/9 200 OK"
RESPONSE_HEADERS = (
    b"Content-Length: 2",
    b"Content-Length: -1",
    b"Transfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Content-Type: \xff",
    b"Set-Cookie: \x00=\xff",
    b"Location: http://[",
    b"Connection: upgrade",
)
CONTENTS = b"[]", b"2\r\n[]\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b\x08"
RESPONSES = st.builds(
    lambda status, headers, content: b"\r\n".join([status, *headers, b"", content]),
    st.sampled_from(STATUS_LINES) | st.binary(),
    st.lists(st.sampled_from(RESPONSE_HEADERS) | st.binary(max_size=30), max_size=5),
    st.sampled_from(CONTENTS) | st.binary(),
)

METHODS = b"GET", b"HEAD", b"POST", b"OPTIONS", b"CONNECT", b"PRI", b"get", b"\xff"
PATHS = b"/metrics", b"/probe", b"/", b"/-/ready", b"//", b"/%00", b"/..", b"*", b"http://x/"
QUERY_STRINGS = b"name[]=%ff", b"account=default&account=default", b"account=%00", b"%5B%5D=\xff", b"&" * 100
HEADER_NAMES = (
    b"Accept-Encoding",
    b"X-Prometheus-Scrape-Timeout-Seconds",
    b"Host",
    b"Authorization",
    b"Content-Length",
    b"Transfer-Encoding",
    b"Expect",
    b"Upgrade",
    b"Connection",
)
HEADER_VALUES = b"-1", b"NaN", b"inf", b"9" * 500, b"", b"0x1", b"\xd9\xa3", b"chunked", b"Basic \xff"


def request(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    start = method + b" " + target + b" HTTP/1.1"
    return b"\r\n".join([start, b"Host: x", b"Connection: close", *headers, b"", b""])


REQUESTS = st.binary(max_size=100) | st.builds(
    lambda path, query, headers, method: request(path + b"?" + query, *headers, method=method),
    st.sampled_from(PATHS),
    st.sampled_from(QUERY_STRINGS)
    | st.binary(max_size=20).map(lambda text: re.sub(rb"[\x00-\x20]", b"", text)),
    st.lists(
        st.builds(
            lambda name, value: name + b": " + value,
            st.sampled_from(HEADER_NAMES),
            st.sampled_from(HEADER_VALUES) | st.binary(max_size=20),
        ),
        max_size=6,
    ),
    st.sampled_from(METHODS),
)

URLS = "http://[", "https://a..b", "https://a:99999", "https://\x7f", "https://256.1.1.1", "http://[::1"
MISPLACED = f"https://user:{KEY}@host", f"{KEY}://host", KEY, f"{KEY}\n{KEY}", f"{KEY}\x00"
OTHERS = "/", "../x", "last5m,last5m", "EUR=-1", "EUR=50,EUR=60", "::::", "1e3", "UTC\x00", "../../etc/passwd"
VALUES = SCALARS | st.sampled_from(URLS + MISPLACED + OTHERS)
FLAGS = st.dictionaries(
    st.sampled_from([setting.key for setting in KNOWN if setting.flag]),
    VALUES.map(str).filter(lambda text: "\0" not in text),
    max_size=5,
)


def files(keys: list[str]) -> st.SearchStrategy[bytes]:
    """YAML with these keys at every depth."""
    documents = st.recursive(
        st.dictionaries(st.sampled_from(keys) | st.text(max_size=6), VALUES, max_size=6),
        lambda inner: st.dictionaries(st.sampled_from(keys), st.lists(inner, max_size=3) | inner, max_size=4),
        max_leaves=6,
    )
    return documents.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode())


SETTINGS_FILES = files(sorted({part for setting in KNOWN for part in setting.path} | {"name", "accounts"}))
WEB_FILES = files(
    ["tls_server_config", "basic_auth_users", "http_server_config", "cert_file", "key_file", "min_version"]
)
