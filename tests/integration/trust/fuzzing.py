"""Inputs nobody should send, and what must hold for each: nothing but a clean answer."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from hypothesis import strategies as st

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.records import Page, PageRequest
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.config import SETTINGS as KNOWN
from betatel_exporter.config import SettingsError, load
from betatel_exporter.webconfig import WebConfig, WebConfigError
from tests.support.command import Exporter
from tools.faults.api import CODE, KEY, PHONE, QUERIES, FakeApi, good_body
from tools.faults.behaviours import raw

REQUESTS_OF_EACH_KIND: tuple[StatsQuery | RecordsQuery | PageRequest, ...] = (
    StatsQuery(Window.LAST_HOUR),
    RecordsQuery(Status.SENT),
    RecordsQuery(Status.READ),
    PageRequest(1, b"key"),
)
FIELDS = (
    "total_requests",
    "total_transactions",
    "total_amount",
    "currency",
    "total",
    "list",
    "status",
    "timestamp",
    "uuid",
    "to",
    "country",
    "network",
)


@dataclass(frozen=True)
class Rig:
    """An exporter in a process of its own, and the API it asks."""

    exporter: Exporter
    api: FakeApi

    def troubles(self) -> list[str]:
        """Log lines that no input may cause: errors and tracebacks."""
        return [
            line
            for line in self.exporter.process.lines
            if "level=error" in line or "level=critical" in line or "Traceback" in line
        ]


ODD_TEXTS = st.sampled_from(
    [
        "",
        "NaN",
        "-0",
        "1e400",
        "1_000",
        "٣",
        "0x10",
        "EUR",
        "SENT",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999-23:59",
        "2026-W01-1",
        PHONE,
        CODE,
        "\x00",
        "9" * 400,
    ]
)
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
    """A good answer with some of its bytes replaced."""
    content = good_body(draw(st.sampled_from(["stats/lasth", "tdr/SENT", "tdr/READ", "tdr/recent"])))
    start = draw(st.integers(0, len(content)))
    return content[:start] + draw(st.binary(max_size=6)) + content[start + draw(st.integers(0, 9)) :]


ANSWERS = st.binary() | DOCUMENTS.map(lambda value: json.dumps(value).encode()) | damaged()


def an_answer_is_a_value_or_a_named_reason(content: bytes) -> None:
    for request in REQUESTS_OF_EACH_KIND:
        try:
            value = request.parse(content)
        except InvalidResponseError as error:
            shown = str(error)
            assert shown.isprintable()
            assert len(shown) < 200
        else:
            shown = repr(value)
            assert all(map(math.isfinite, numbers(value)))
            assert min(counts(value)) >= 0
        assert PHONE not in shown
        assert CODE not in shown


def numbers(value: Stats | Records | Page) -> list[float]:
    match value:
        case Stats():
            return [value.requests, value.transactions, *value.amounts.values()]
        case Records():
            assert (value.total > 0) == (value.boundary_timestamp is not None)
            return [value.total, value.boundary_timestamp or 0.0]
        case Page():
            return [value.total, *(record.created for record in value.records)]


def counts(value: Stats | Records | Page) -> list[float]:
    return [value.requests, value.transactions] if isinstance(value, Stats) else [value.total]


STATUS_LINES = (
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.0 200 ", b"HTTP/1.1 429 \xff", b"HTTP/9 200 OK"])
    | st.binary()
)
HEADERS_BACK = st.sampled_from(
    [
        b"Content-Length: 2",
        b"Content-Length: -1",
        b"Content-Length: " + b"9" * 40,
        b"Transfer-Encoding: chunked",
        b"Content-Encoding: gzip",
        b"Content-Encoding: \xff",
        b"Retry-After: \xff",
        b"Retry-After: " + b"9" * 99,
        b"Set-Cookie: \x00=\xff",
        b"Location: http://[",
        b"Connection: upgrade",
        b"Content-Type: \xff",
        b": ",
        b"\xff:\xff",
    ]
)
RAW_ANSWERS = st.builds(
    lambda status, headers, content: b"\r\n".join([status, *headers, b"", content]),
    STATUS_LINES,
    st.lists(HEADERS_BACK | st.binary(max_size=30), max_size=5),
    st.sampled_from([b"[]", b"2\r\n[]\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b\x08"]) | st.binary(),
)


def any_bytes_from_the_api_cost_one_query_only(rig: Rig, content: bytes) -> None:
    rig.api.misbehave(["tdr/SENT"], raw(content))
    page = rig.exporter.send(request(b"/metrics", b"X-Prometheus-Scrape-Timeout-Seconds: 2"))
    assert page.startswith(b"HTTP/1.1 200 "), page[:200]
    outcomes = re.findall(rb'^betatel_scrape_query_success{.*query="(.*)"} (\S+)', page, re.MULTILINE)
    assert len(outcomes) == len(QUERIES)
    assert {query for query, success in outcomes if success == b"0.0"} <= {b"tdr/SENT"}
    assert rig.troubles() == []


def request(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return b"\r\n".join(
        [method + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers, b"", b""]
    )


VALUES = st.sampled_from(
    [
        b"-1",
        b"NaN",
        b"inf",
        b"1e999",
        b"9" * 500,
        b"",
        b"0",
        b"0x1",
        b"\xd9\xa3",
        b"1,2",
        b"gzip;q=\xff",
        b"\xff\xfe",
        b"text/plain;version=\xff",
        b"application/openmetrics-text;version=1.0.0;q=x",
        b"*/*;q=1e9",
        b"a/b;;=,;" * 50,
        b"application/openmetrics-text; version=1.0.0; escaping=allow-utf-8",
        b"Basic \xff",
        b"=?utf-8?q?=ff?=",
    ]
)
NAMES = st.sampled_from(
    [
        b"Accept",
        b"Accept-Encoding",
        b"X-Prometheus-Scrape-Timeout-Seconds",
        b"Host",
        b"Authorization",
        b"Cookie",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Expect",
        b"Upgrade",
        b"Connection",
        b"X-Forwarded-For",
        b"Range",
    ]
)
LINES = st.builds(lambda name, value: name + b": " + value, NAMES, VALUES | st.binary(max_size=20))
SAFE = st.binary(max_size=20).map(lambda data: re.sub(rb"[\x00-\x20]", b"", data))
TARGETS = st.builds(
    lambda path, query: path + b"?" + query,
    st.sampled_from(
        [b"/metrics", b"/probe", b"/", b"/-/ready", b"//", b"/metrics/", b"/%00", b"/..", b"*", b"http://x/"]
    ),
    st.sampled_from(
        [b"name[]=betatel_up", b"name[]=%ff", b"name[]=", b"account=default&account=default", b"account=%00"]
    )
    | st.sampled_from([b"name%5B%5D=\xff", b"&" * 100, b"%", b"name[]=" + b"x" * 5000])
    | SAFE,
)
METHODS = st.sampled_from(
    [b"GET"] * 5 + [b"HEAD", b"POST", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI", b"get", b"\xff"]
)
REQUESTS = st.builds(
    lambda target, headers, method: request(target, *headers, method=method),
    TARGETS,
    st.lists(LINES, max_size=6),
    METHODS,
) | st.binary(max_size=100)
CLEAN = {200, 400, 404, 405, 501}


def any_request_gets_a_clean_answer(rig: Rig, content: bytes) -> None:
    rig.api.behave()
    answer = rig.exporter.send(content, seconds=0.2)
    for status in re.findall(rb"^HTTP/1\.[01] (\d+)", answer[:20]):
        assert int(status) in CLEAN, answer[:200]
    assert rig.exporter.send(request(b"/-/healthy")).startswith(b"HTTP/1.1 200 ")
    assert rig.troubles() == []


KEYS = sorted({part for setting in KNOWN for part in setting.path} | {"name", "accounts"})
SETTING_VALUES = SCALARS | st.sampled_from(
    [
        "http://[",
        "https://a..b",
        "https://a:99999",
        "https://\x7f",
        "../x",
        "/",
        "last5m,last5m",
        "EUR=-1",
        "::::",
        "1e3",
        "UTC\x00",
        "../../etc/passwd",
        "EUR=50,EUR=60",
        "~",
        "http://[::1",
    ]
)
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
    "a: &a [*a]",
    "accounts: &a [*a]",
    "&a {web: *a}",
    "web: !!python/object:os.system x",
    "? [a]\n: b",
    "- 1",
    "%YAML 9.9\n---\n",
    "a: 1\na: 2",
    "{" * 5000,
    "[" * 5000,
    "timeout: 1:30",
    "timeout: 0o17",
    "timeout: .inf",
    "\t",
    "a: |\n" + "x" * 5000,
    "windows: 2026-01-01",
    "timeout: !!binary aGk=",
    "timeout: !!set {a}",
    "<<: {timeout: 5}",
    "<<: 5",
    "\x00",
    "\ufeff",
    "---\n---\n",
    "\n".join([f"a{n}: &a{n} [{','.join([f'*a{n - 1}' if n else '1'] * 9)}]" for n in range(9)]),
    "2001-99-99: 1",
    "timeout: 99999-99-99",
    "timeout: 2001-13-45 25:61:61",
    "timeout: !!timestamp x",
    "timeout: !!int x",
)
FILES = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | st.sampled_from(ODD_YAML).map(str.encode)
    | SETTINGS.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode())
)


def a_settings_file_is_settings_or_faults_of_one_line_each(folder: Path, content: bytes) -> None:
    file = folder / "settings.yml"
    file.write_bytes(content)
    loads_or_tells({"config_file": str(file)})


FLAGS = st.dictionaries(
    st.sampled_from([setting.key for setting in KNOWN if setting.flag]),
    (SETTING_VALUES.map(str) | st.text(max_size=30)).filter(
        lambda text: "\0" not in text
    ),  # no argument can hold it
    max_size=5,
)


def flags_are_settings_or_faults_of_one_line_each(flags: Mapping[str, str]) -> None:
    loads_or_tells(flags)


def loads_or_tells(flags: Mapping[str, str]) -> None:
    faults: Sequence[str] = ()
    try:
        load(flags, {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": "an-account"})
    except SettingsError as error:
        faults = error.faults or ("",)
    for fault in faults:
        assert fault.isprintable()
        assert fault
        assert KEY not in fault


WEB_KEYS = (
    "tls_server_config",
    "basic_auth_users",
    "http_server_config",
    "cert_file",
    "key_file",
    "min_version",
)
HASHES = ("$2y$10$" + "a" * 53, "$2b$99$" + "." * 53, "$2b$04$" + "\N{SNOWMAN}" * 53, KEY)
WEB_CONFIGS = st.recursive(
    st.dictionaries(
        st.sampled_from(WEB_KEYS) | st.text(max_size=6), SCALARS | st.sampled_from(HASHES), max_size=5
    ),
    lambda inner: st.dictionaries(st.sampled_from(WEB_KEYS), st.lists(inner, max_size=2) | inner, max_size=4),
    max_leaves=6,
)
WEB_FILES = FILES | WEB_CONFIGS.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode())


def a_web_config_file_is_one_or_a_fault_of_one_line(folder: Path, content: bytes) -> None:
    file = folder / "web.yml"
    file.write_bytes(content)
    fault = "none"
    try:
        WebConfig(file)
    except WebConfigError as error:
        fault = str(error)
    assert fault.isprintable()
    assert fault
    assert KEY not in fault
