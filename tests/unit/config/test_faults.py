"""What is wrong is one line each, with the place, the problem and what is allowed, and without a value."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from betatel_exporter.config import ACCOUNT_SETTINGS, SETTINGS, SettingsError, load

ONE = {"BETATEL_API_KEY": "key-5f0c1a", "BETATEL_ACCOUNT_ID": "675aed61"}


def faults(flags: dict[str, str], environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(flags, environ)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def faults_of_file(folder: Path, text: str, environ: dict[str, str]) -> list[str]:
    """Without the file's path."""
    path = folder / "config.yml"
    path.write_text(text)
    return [fault.removeprefix(str(path)) for fault in faults({"config_file": str(path)}, environ)]


def test_everything_missing_or_wrong_is_reported_at_once_with_its_place() -> None:
    no_key = "api_key_file (BETATEL_API_KEY_FILE) or api_key (BETATEL_API_KEY): exactly one is required, neither is set"
    assert faults({}, {}) == ("account_id (--account-id, BETATEL_ACCOUNT_ID): required", no_key)
    environ = {"BETATEL_WINDWOS": "lasth", "BETATEL_TIMEOUT": "soon", "BETATEL_ACCOUNT_ID": "1"}
    assert faults({"log.level": "warn"}, environ) == (
        "BETATEL_WINDWOS: unknown variable; did you mean BETATEL_WINDOWS?",
        "BETATEL_TIMEOUT: must be a number above 0 and at most 300",
        "--log.level: must be one of debug, info, warning, error; did you mean warning?",
        no_key,
    )
    assert len(faults({"windows": "x", "base_url": "http://a"}, ONE)) == 2


def test_there_is_an_end_to_faults(tmp_path: Path) -> None:
    found = faults_of_file(tmp_path, "".join(f"x{n}: 1\n" for n in range(1000)), ONE)
    assert len(found) == 51
    assert found[-1] == "and 950 more"


def test_only_variables_that_kubernetes_sets_for_a_service_may_be_unknown() -> None:
    names = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_METRICS", "PORT", "PORT_10742_TCP_ADDR")
    assert load({}, ONE | {f"BETATEL_EXPORTER_{name}": "tcp://10.0.0.1:10742" for name in names}).accounts
    for name in ("BETATEL_WEB", "BETATEL_ACCOUNTS", "BETATEL_WEB__LISTEN", "BETATEL_", "BETATEL_REVISIONS"):
        (fault,) = faults({}, ONE | {name: "x"})
        assert fault.startswith(f"{name}: unknown variable")


WRONG_FLAGS = {
    ("windows", "must be one or more of today, lastm, last5m"): ("lasth,lastH", ""),
    ("windows", "must not contain duplicate windows"): ("lasth,lasth",),
    ("timezone", "must be an IANA time zone, such as UTC or Europe/Sarajevo"): ("Mars", "../etc"),
    ("timeout", "must be a number above 0 and at most 300"): ("0", "10s", "301"),
    ("cache_ttl", "must be a number from 0 to 3600"): ("nan", "1_0", "-1"),
    ("max_concurrency", "must be a whole number from 1 to 100"): ("0", "1.5", "101", "9" * 5000),
    ("account_name", "must be at most 63 letters"): ("my shop", ".shop", "x" * 64),
    ("account_id", "must be at most 256 printable ASCII characters without spaces"): ("a b", "x" * 257),
    ("daily_budget", "must be currencies in capitals with amounts, such as EUR=50,USD=20"): ("50", "eur=1"),
    ("daily_budget", "must be a number above 0"): ("EUR=0", "EUR=1e999", "EUR="),
    ("daily_budget", "must not contain duplicate currencies"): ("EUR=1,EUR=2",),
    ("allow_http", "must be true or false"): ("perhaps", ""),
    ("base_url", "must start with https:// (or http://) and name a host"): ("api.example", "ftp://a.example"),
    ("base_url", "must start with https:// unless it is a loopback address"): ("http://api.example/",),
    ("base_url", "must not contain a user or a password"): ("https://user:hunter2@api.example",),
    ("base_url", "must not have a query or a fragment"): ("https://api.example?key=hunter2", "https://a/#b"),
    ("base_url", "must be a URL with a valid host and port, of printable ASCII characters"): (
        "https://[/api", "https://256.1.1.1", "https://[::1", "https://[::g]", "https://a..b", "https://a b",
        "https://xn--a.example", f"https://{'x' * 64}", "https://a:port/api", "https://a:99999",
    ),  # each is refused by one of the parsers between here and the socket
    ("web.listen_address", "must be [HOST]:PORT"): ("10742", ":70000"),
    ("web.listen_address", "must have a host name or an IP address"): ("user@host:1",),
    ("web.telemetry_path", "must be a path such as /metrics"): ("metrics", "/probe", "/-/ready"),
    ("log.format", "must be one of logfmt, json"): ("xml",),
    ("ca_file", "no such file or directory in /"): ("/nowhere",),
    ("ca_file", "must be the path of a file, not its contents"): ("a\nb", "a\0"),
    ("ca_file", f"{__file__}: must contain certificates in PEM form"): (__file__,),
    ("config_file", "no such file or directory in /"): ("/nowhere",),
}  # fmt: skip


def test_a_wrong_flag_is_one_line() -> None:
    unexpected = []
    for (key, problem), values in WRONG_FLAGS.items():
        start = f"--{key.replace('config_file', 'config.file').replace('_', '-')}: {problem}"
        for value in values:
            found = faults({key: value}, ONE)
            if len(found) != 1 or not found[0].startswith(start):
                unexpected.append((key, value, found))
    assert unexpected == []


WRONG_FILES = {
    "timeuot: 3": ":1: timeuot: unknown setting; did you mean timeout?",
    "web: {listen_adress: ':1'}": ":1: web.listen_adress: unknown setting; did you mean listen_address?",
    "config_file: x": ":1: config_file: unknown setting; did you mean ca_file?",
    "web: 3": ":1: web: must be a mapping of names to values",
    "\ntimeout: 1\ntimeout: 2": ":3: duplicate key timeout",
    "- a": ":1: must be a mapping of names to values",
    "account_name: 675": ":1: account_name: must be text, not a number: quote it",
    "windows: [lasth, 2026-01-01]": ":1: windows[1]: must be text, not a date: quote it",
    "timeout: [1]": ":1: timeout: must be a number above 0 and at most 300",
    "daily_budget: {eur: 1}": ":1: daily_budget: must be currencies in capitals with amounts, such as EUR=50,USD=20",
    "daily_budget: {EUR: x}": ":1: daily_budget.EUR: must be a number above 0",
    "base_url: http://a\nallow_http: Off": ":1: base_url: must start with https:// unless it is a loopback address; "
    "allow_http permits it",
    "accounts: shop": ":1: accounts: must be a list",
    "accounts: []": ":1: accounts: must contain an account",
}


def test_a_fault_in_the_file_has_its_line(tmp_path: Path) -> None:
    unexpected = []
    for text, fault in WRONG_FILES.items():
        found = faults_of_file(tmp_path, text, {} if "accounts" in text else ONE)
        if found != [fault]:
            unexpected.append((text, found))
    assert unexpected == []


def test_a_fault_in_an_account_names_account_and_setting(tmp_path: Path) -> None:
    text = """
accounts:
  - {name: shop, account_id: 675961, api_key: x}
  - {name: on, account_id: "1", api_key: x}
  - nmae: x
    daily_budget: {EUR: 0}
  - {name: bank, account_id: "1", timezone: Mars, recent_pages: -1}
  - text
  - {name: last, account_id: "1", api_key: x, api_key_file: y}
  - {name: last, account_id: "1", base_url: "http://api.example"}
"""
    assert faults_of_file(tmp_path, text, {"BETATEL_ACCOUNT_ID": "1"}) == [
        "accounts: not allowed together with BETATEL_ACCOUNT_ID",
        ":3: accounts.shop.account_id: must be text, not a number: quote it",
        ":4: accounts.on.name: must be text, not true or false: quote it",
        ":5: accounts[2].nmae: unknown setting; did you mean name?",
        ":5: accounts[2].account_id: required",
        ":6: accounts[2].daily_budget.EUR: must be a number above 0",
        ":5: accounts[2].name: required",
        ":5: accounts[2].api_key_file or api_key: exactly one is required, neither is set",
        ":7: accounts.bank.timezone: must be an IANA time zone, such as UTC or Europe/Sarajevo",
        ":7: accounts.bank.recent_pages: must be a whole number from 0 to 20",
        ":7: accounts.bank.api_key_file or api_key: exactly one is required, neither is set",
        ":8: accounts[4]: must be a mapping of names to values",
        ":9: accounts.last.api_key_file or api_key: exactly one is required, both are set",
        ":10: accounts.last.name: must differ from the names of the accounts above",
        ":10: accounts.last.base_url: must start with https:// unless it is a loopback address; allow_http permits it",
        ":10: accounts.last.api_key_file or api_key: exactly one is required, neither is set",
    ]


def test_a_proxy_of_another_kind_is_refused() -> None:
    user = "http://a%3Ab:c@proxy"
    for proxy in ("socks5://user:hunter2@proxy.example", "http://a:b:c@", "http://proxy:0", user):
        fault = "HTTPS_PROXY or ALL_PROXY: must be a URL that starts with http:// or https://"
        assert faults({}, ONE | {"HTTPS_PROXY": proxy}) == (fault,)


KEYS = (
    *("5f2b8c0d9e1a4f7386b2c1d0e9f8a7b6", "550e8400-e29b-41d4-a716-446655440000", "4485275742308327447"),
    *(
        "sk_live_51H8xQ2eZvKYlo2CqRtUvWxYz",
        "dGhpcyBpcyBh/Gtl+eQ/Jhc2U2NA==",
        "/5f2b8c0d9e1a4f7386b2c1d0e9f8a7b6",
    ),
    "line one 5f2b8c0d9e1a\n5f2b8c0d9e1a4f73",
)


def misplaced(key: str) -> Iterator[tuple[dict[str, str], dict[str, str], Any]]:
    """Flags, variables and documents with a key in every place, apart from those whose faults end the reading."""
    ours = {"BETATEL_API_KEY": "ours", "BETATEL_ACCOUNT_ID": "1"}
    for url in (f"https://user:{key}@a.example", f"https://{key}@a.example", f"https://a.example?key={key}"):
        yield {"base_url": url}, ours, {}
    settings = [setting for setting in SETTINGS if setting.key != "config_file"]
    yield {"config_file": key}, ours, {}
    yield {setting.key: key for setting in settings}, ours, {}
    yield {}, ours | {setting.variable: key for setting in settings}, {}
    account = {"name": "shop", "account_id": "1", "api_key": "ours"}
    names = [*(setting.key for setting in ACCOUNT_SETTINGS), key]
    for value in (key, [key], {key: 1}):
        for document in (value, {"web": value}, {"accounts": value}, {"accounts": [value]}, {key: value}):
            yield {}, {}, document
        whole: dict[str, Any] = {"web": {}, "log": {}}
        for setting in settings:
            (whole[setting.path[0]] if len(setting.path) > 1 else whole)[setting.path[-1]] = value
        yield {}, {}, whole
        yield {}, {}, {"accounts": [account | {name: value} for name in names]}


def test_a_key_in_any_other_place_is_never_printed(tmp_path: Path) -> None:
    path = tmp_path / "config.yml"
    leaks = []
    for key in KEYS:
        for flags, environ, document in misplaced(key):
            path.write_text(json.dumps(document))
            try:
                printed = "\n".join(load({"config_file": str(path)} | flags, environ).warnings)
            except SettingsError as error:
                printed = str(error)
            parts = [key, *key.split("\n"), key.strip("/=")]
            leaks += [(flags, environ, document, printed) for part in parts if part in printed]
    assert leaks == []
