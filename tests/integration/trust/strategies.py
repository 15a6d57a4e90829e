"""Inputs that nobody should send: answers of the API, requests of clients, and operators' files and flags."""

import json
import re

import yaml
from hypothesis import strategies as st

from betatel_exporter.config import SETTINGS as KNOWN
from tools.faults.api import CODE, KEY, PHONE, good_body

FIELDS = (
    *("total_requests", "total_transactions", "total_amount", "currency", "total", "list", "status", "timestamp"),
    *("uuid", "to", "country", "network"),
)  # fmt: skip
ODD_TEXTS = st.sampled_from([
    *("", "NaN", "-0", "1e400", "1_000", "\u0663", "0x10", "EUR", "SENT", "9" * 400, "\x00", PHONE, CODE),
    *("2026-02-30T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-W01-1"),
])  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | ODD_TEXTS
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner, max_size=8)
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

STATUS_LINES = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.0 200 ", b"HTTP/1.1 429 \xff", b"HTTP/1.1 103 ", b"HTTP/9 200 OK"]
)
RESPONSE_HEADERS = st.sampled_from([
    *(b"Content-Length: 2", b"Content-Length: -1", b"Content-Length: " + b"9" * 40, b"Content-Type: \xff"),
    *(b"Transfer-Encoding: chunked", b"Content-Encoding: gzip", b"Content-Encoding: \xff"),
    *(b"Retry-After: \xff", b"Retry-After: " + b"9" * 99, b"Set-Cookie: \x00=\xff", b"Location: http://["),
    *(b"Connection: upgrade", b": ", b"\xff:\xff"),
])  # fmt: skip
RESPONSES = st.builds(
    lambda status, headers, content: b"\r\n".join([status, *headers, b"", content]),
    STATUS_LINES | st.binary(),
    st.lists(RESPONSE_HEADERS | st.binary(max_size=30), max_size=5),
    st.sampled_from([b"[]", b"2\r\n[]\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b\x08"]) | st.binary(),
)


def request(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"\r\n".join(
        [method + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers, b"", b""]
    )


HEADER_NAMES = st.sampled_from([
    *(b"Accept", b"Accept-Encoding", b"X-Prometheus-Scrape-Timeout-Seconds", b"Host", b"Authorization", b"Cookie"),
    *(b"Content-Length", b"Transfer-Encoding", b"Expect", b"Upgrade", b"Connection", b"X-Forwarded-For", b"Range"),
])  # fmt: skip
HEADER_VALUES = st.sampled_from([
    *(b"-1", b"NaN", b"inf", b"1e999", b"9" * 500, b"", b"0", b"0x1", b"\xd9\xa3", b"1,2", b"gzip;q=\xff"),
    *(b"\xff\xfe", b"text/plain;version=\xff", b"application/openmetrics-text;version=1.0.0;q=x", b"*/*;q=1e9"),
    *(b"a/b;;=,;" * 50, b"application/openmetrics-text; version=1.0.0; escaping=allow-utf-8", b"Basic \xff"),
    b"=?utf-8?q?=ff?=",
])  # fmt: skip
REQUEST_HEADERS = st.builds(
    lambda name, value: name + b": " + value, HEADER_NAMES, HEADER_VALUES | st.binary(max_size=20)
)
PATHS = st.sampled_from(
    [b"/metrics", b"/probe", b"/", b"/-/ready", b"//", b"/metrics/", b"/%00", b"/..", b"*", b"http://x/"]
)
QUERY_STRINGS = st.sampled_from([
    *(b"name[]=betatel_up", b"name[]=%ff", b"name[]=", b"account=default&account=default", b"account=%00"),
    *(b"name%5B%5D=\xff", b"&" * 100, b"%", b"name[]=" + b"x" * 5000),
]) | st.binary(max_size=20).map(lambda data: re.sub(rb"[\x00-\x20]", b"", data))  # fmt: skip
METHODS = st.sampled_from(
    [b"GET"] * 5 + [b"HEAD", b"POST", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI", b"get", b"\xff"]
)
REQUESTS = st.binary(max_size=100) | st.builds(
    lambda path, query, headers, method: request(path + b"?" + query, *headers, method=method),
    PATHS,
    QUERY_STRINGS,
    st.lists(REQUEST_HEADERS, max_size=6),
    METHODS,
)

KEYS = sorted({part for setting in KNOWN for part in setting.path} | {"name", "accounts"})
SETTING_VALUES = SCALARS | st.sampled_from([
    *("http://[", "https://a..b", "https://a:99999", "https://\x7f", "https://256.1.1.1", "http://[::1", "../x"),
    *("/", "last5m,last5m", "EUR=-1", "::::", "1e3", "UTC\x00", "../../etc/passwd", "EUR=50,EUR=60", "~"),
])  # fmt: skip
MISPLACED = st.fixed_dictionaries(
    {},
    optional={
        "base_url": st.sampled_from([f"https://user:{KEY}@host", f"{KEY}://host", KEY]),
        "api_key": st.sampled_from([f"{KEY}\n{KEY}", f"{KEY} ", f"{KEY}\x00"]),
        "account_id": st.just(f"{KEY} {KEY}"),
    },
)
SETTINGS = st.recursive(
    st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), SETTING_VALUES, max_size=6) | MISPLACED,
    lambda inner: st.dictionaries(
        st.sampled_from(["accounts", "web", "log", *KEYS]), st.lists(inner, max_size=3) | inner
    ),
    max_leaves=6,
)
ODD_YAML = (
    *("a: &a [*a]", "accounts: &a [*a]", "&a {web: *a}", "web: !!python/object:os.system x", "? [a]\n: b", "- 1"),
    *("%YAML 9.9\n---\n", "a: 1\na: 2", "{" * 5000, "[" * 5000, "timeout: 1:30", "timeout: 0o17", "timeout: .inf"),
    *("\t", "a: |\n" + "x" * 5000, "windows: 2026-01-01", "timeout: !!binary aGk=", "timeout: !!set {a}", "<<: 5"),
    *("<<: {timeout: 5}", "\x00", "\ufeff", "---\n---\n", "2001-99-99: 1", "timeout: 99999-99-99"),
    *("timeout: 2001-13-45 25:61:61", "timeout: !!timestamp x", "timeout: !!int x"),
    "\n".join([f"a{n}: &a{n} [{','.join([f'*a{n - 1}' if n else '1'] * 9)}]" for n in range(9)]),
)  # fmt: skip
FILES = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | st.sampled_from(ODD_YAML).map(str.encode)
    | SETTINGS.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode())
)
ARGUMENTS = (SETTING_VALUES.map(str) | st.text(max_size=30)).filter(lambda text: "\0" not in text)
FLAGS = st.dictionaries(
    st.sampled_from([setting.key for setting in KNOWN if setting.flag]), ARGUMENTS, max_size=5
)

WEB_KEYS = st.sampled_from(
    ["tls_server_config", "basic_auth_users", "http_server_config", "cert_file", "key_file", "min_version"]
)
HASHES = st.sampled_from(["$2y$10$" + "a" * 53, "$2b$99$" + "." * 53, "$2b$04$" + "\N{SNOWMAN}" * 53, KEY])
WEB_CONFIGS = st.recursive(
    st.dictionaries(WEB_KEYS | st.text(max_size=6), SCALARS | HASHES, max_size=5),
    lambda inner: st.dictionaries(WEB_KEYS, st.lists(inner, max_size=2) | inner, max_size=4),
    max_leaves=6,
)
WEB_FILES = FILES | WEB_CONFIGS.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode())
