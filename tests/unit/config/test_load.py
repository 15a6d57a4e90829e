import os
from pathlib import Path

import pytest

from betatel_exporter.api.models import Window
from betatel_exporter.config import Address, Configuration, SettingsError, load

KEY = "key-5f0c1a"
ACCOUNT_ID = "675aed61"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One account and nothing else."""
    for name in list(os.environ):
        if name.startswith("BETATEL_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BETATEL_API_KEY", KEY)
    monkeypatch.setenv("BETATEL_ACCOUNT_ID", ACCOUNT_ID)
    return monkeypatch


def faults(**flags: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load({name.replace("__", "."): value for name, value in flags.items()})
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def load_file(path: Path, text: str) -> Configuration:
    path.write_text(text)
    return load({"config_file": str(path)})


def test_key_and_account_id_are_all_that_is_needed() -> None:
    configuration = load({})
    (target,) = configuration.targets
    assert target.name == "default"
    assert target.account_id == ACCOUNT_ID
    assert target.key() == KEY
    assert target.base_url == "https://api.betatel.com/api/v1/connect-hub"
    assert target.windows == (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS)
    assert target.proxy is None
    assert configuration.tls is not None
    assert configuration.settings.web.listen_address == Address("", 10742)


def test_flags_come_before_variables_and_variables_before_the_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("BETATEL_TIMEOUT", "20")
    environment.setenv("BETATEL_WEB__MAX_REQUESTS", "3")
    file = tmp_path / "config.yml"
    file.write_text(
        "timeout: 30\ncache_ttl: 5\nweb: {max_requests: 7, telemetry_path: /m}\nlog: {format: json}\n"
    )
    settings = load({"config_file": str(file), "timeout": "10", "web.telemetry_path": "/flag"}).settings
    assert (settings.timeout, settings.cache_ttl, settings.log.format) == (10, 5, "json")
    assert (settings.web.max_requests, settings.web.telemetry_path) == (3, "/flag")


def test_an_empty_variable_is_as_none(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BETATEL_TIMEOUT", "")
    assert load({}).settings.timeout == 10


def test_windows_and_budgets_are_lists_with_commas() -> None:
    (target,) = load({"windows": "today, lastm", "daily_budget": "EUR=50, USD=20.5"}).targets
    assert target.windows == (Window.TODAY, Window.LAST_MINUTE)
    assert target.daily_budget == {"EUR": 50, "USD": 20.5}


def test_the_key_file_is_relative_to_the_file_that_names_it(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.delenv("BETATEL_API_KEY")
    (tmp_path / "key").write_text(f"{KEY}\n")
    (target,) = load_file(tmp_path / "config.yml", "api_key_file: key\n").targets
    assert target.key() == KEY


ACCOUNTS = """
windows: [lasth]
accounts:
  - {name: shop, account_id: "675aed61", api_key: key-shop, daily_budget: {EUR: 50}}
  - {name: bank, account_id: "91c0ffee", api_key: key-bank, windows: [today], timezone: Europe/Sarajevo,
     base_url: "https://other.example/api/"}
"""


def test_several_accounts_stand_in_the_file_and_may_differ(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.delenv("BETATEL_API_KEY")
    environment.delenv("BETATEL_ACCOUNT_ID")
    shop, bank = load_file(tmp_path / "config.yml", ACCOUNTS).targets
    assert (shop.name, shop.key(), shop.windows, shop.timezone) == (
        "shop",
        "key-shop",
        (Window.LAST_HOUR,),
        "UTC",
    )
    assert shop.daily_budget == {"EUR": 50}
    assert (bank.windows, bank.timezone) == ((Window.TODAY,), "Europe/Sarajevo")
    assert bank.base_url == "https://other.example/api"


def test_the_list_of_accounts_and_one_account_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "config.yml"
    file.write_text(ACCOUNTS)
    (fault,) = faults(config_file=str(file))
    assert fault.startswith(
        "accounts: must stand alone, without account_id (--account-id, BETATEL_ACCOUNT_ID) and api_key"
    )


def test_accounts_of_one_name_are_refused(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("BETATEL_API_KEY")
    environment.delenv("BETATEL_ACCOUNT_ID")
    file = tmp_path / "config.yml"
    file.write_text(ACCOUNTS.replace("bank,", "shop,"))
    assert faults(config_file=str(file)) == (
        "accounts.1.name: must differ from the other accounts', not 'shop' again",
    )


def test_every_fault_is_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("BETATEL_API_KEY")
    environment.setenv("BETATEL_WINDWOS", "lasth")
    environment.setenv("BETATEL_TIMEOUT", "soon")
    told = faults(log__level="loud")
    assert told[0] == "BETATEL_WINDWOS: no such variable, did you mean BETATEL_WINDOWS?"
    assert any(
        fault.startswith("timeout (--timeout, BETATEL_TIMEOUT): must be a valid number") for fault in told
    )
    assert any(
        fault.startswith("log.level (--log.level, BETATEL_LOG__LEVEL): must be 'debug'") for fault in told
    )


@pytest.mark.parametrize(
    "name", ["BETATEL_WEB", "BETATEL_LOG", "BETATEL_ACCOUNTS", "BETATEL_WEB__LISTEN", "BETATEL_"]
)
def test_a_variable_that_is_none_of_ours_is_one_fault(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(name, "x")
    (fault,) = faults()
    assert fault.startswith(f"{name}: no such variable")


@pytest.mark.parametrize(
    "name",
    [
        "BETATEL_EXPORTER_SERVICE_HOST",
        "BETATEL_EXPORTER_SERVICE_PORT",
        "BETATEL_EXPORTER_SERVICE_PORT_METRICS",
        "BETATEL_EXPORTER_PORT",
        "BETATEL_EXPORTER_PORT_10742_TCP_ADDR",
    ],
)
def test_what_kubernetes_sets_for_a_service_is_let_through(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, "tcp://10.0.0.1:10742")
    assert load({}).targets


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"windows": "hourly"}, "must be one or more of today, lastm"),
        ({"windows": ""}, "must be one or more of today, lastm"),
        ({"windows": "lasth,lasth"}, "must not name a window twice"),
        ({"timezone": "Mars"}, "must be an IANA time zone"),
        ({"timezone": "../etc"}, "must be an IANA time zone"),
        ({"timeout": "-1"}, "must be greater than 0, not '-1'"),
        ({"timeout": "10s"}, "must be a valid number"),
        ({"cache_ttl": "nan"}, "must be a finite number"),
        ({"max_concurrency": "0"}, "must be greater than or equal to 1"),
        ({"account_name": "my shop"}, "must be at most 63 letters"),
        ({"daily_budget": "50"}, "must name currencies in capitals"),
        ({"daily_budget": "EUR=0"}, "must be greater than 0"),
        ({"allow_http": "perhaps"}, "must be a valid boolean"),
        ({"web.listen_address": "10742"}, "must be [HOST]:PORT"),
        ({"web.listen_address": ":70000"}, "must be [HOST]:PORT"),
        ({"web.listen_address": "user@host:1"}, "must have a host name or an IP address"),
        ({"web.telemetry_path": "metrics"}, "must be a path such as /metrics"),
        ({"web.telemetry_path": "/probe"}, "must be a path such as /metrics"),
        ({"web.telemetry_path": "/-/ready"}, "must be a path such as /metrics"),
        ({"web.max_requests": "none"}, "must be a valid integer"),
        ({"log.format": "xml"}, "must be 'logfmt' or 'json'"),
        ({"ca_file": "/nowhere"}, "cannot read /nowhere: No such file or directory"),
        ({"config_file": "/nowhere"}, "cannot be read: No such file or directory"),
    ],
)
def test_a_fault_names_the_setting_what_is_wrong_and_what_is_allowed(
    flags: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(flags)
    (fault,) = caught.value.faults
    (key,) = flags
    assert fault.startswith(
        f"{key} (--{key.replace('config_file', 'config.file').replace('_', '-')}, BETATEL_"
    )
    assert told in fault


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://api.example/", "must start with https:// unless it is loopback; allow_http permits it"),
        ("ftp://api.example", "must start with https://"),
        ("api.example", "must start with https://"),
        ("https://user:hunter2@api.example", "must not carry user or password"),
        ("https://api.example?key=hunter2", "must not have a query or a fragment"),
        ("https://api.example:port", "must be a URL with a valid host and port"),
        ("https://[::1", "must be a URL with a valid host and port"),
        ("https://api example", "must be a URL of printable ASCII characters"),
    ],
)
def test_a_wrong_base_url_is_told_without_repeating_it(url: str, told: str) -> None:
    (fault,) = faults(base_url=url)
    assert told in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://[::1]/x", "http://localhost/x"])
def test_plain_http_is_for_loopback(url: str) -> None:
    assert load({"base_url": url}).targets[0].base_url == url
    assert load({"base_url": "http://api.example", "allow_http": "true"}).targets


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "k" * 5000])
def test_a_key_that_cannot_stand_in_a_header_is_refused_unseen(
    environment: pytest.MonkeyPatch, key: str
) -> None:
    environment.setenv("BETATEL_API_KEY", key)
    (fault,) = faults()
    assert fault.startswith("api_key (BETATEL_API_KEY): must be one line")
    assert key not in fault


def test_key_and_key_file_exclude_each_other(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BETATEL_API_KEY_FILE", "/nowhere")
    (fault,) = faults()
    assert fault.endswith("exactly one is required, both are there")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"a b", "must be one line"), (b"\xff", "must be printable ASCII")],
)
def test_an_unusable_key_file_is_a_fault(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes, told: str
) -> None:
    environment.delenv("BETATEL_API_KEY")
    file = tmp_path / "key"
    file.write_bytes(content)
    (fault,) = faults(api_key_file=str(file))
    assert fault.startswith("api_key_file (BETATEL_API_KEY_FILE): ")
    assert told in fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("timeuot: 3\n", "timeuot: no such setting, did you mean timeout?"),
        ("web: {listen_adress: ':1'}\n", "web.listen_adress: no such setting, did you mean listen_address?"),
        ("accounts: [{nmae: x}]\n", "accounts.0.nmae: no such setting, did you mean name?"),
        (
            "timeout: 1\ntimeout: 2\n",
            "config_file (--config.file, BETATEL_CONFIG_FILE): line 2: timeout stands twice",
        ),
        ("- a\n", "config_file (--config.file, BETATEL_CONFIG_FILE): must be a mapping of settings"),
        ("a: [\n", "config_file (--config.file, BETATEL_CONFIG_FILE): is not valid YAML at line 2"),
    ],
)
def test_a_fault_in_the_file_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "config.yml"
    file.write_text(text)
    assert told in faults(config_file=str(file))


def test_an_account_id_must_be_text_in_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("BETATEL_ACCOUNT_ID")
    file = tmp_path / "config.yml"
    file.write_text("account_id: 675\n")
    (fault,) = faults(config_file=str(file))
    assert fault == "account_id (--account-id, BETATEL_ACCOUNT_ID): must be a valid string"


def test_a_proxy_is_taken_from_the_environment_unless_the_host_is_exempt(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("HTTPS_PROXY", "proxy.example:3128")
    assert load({}).targets[0].proxy == "http://proxy.example:3128"
    environment.setenv("NO_PROXY", "betatel.com")
    assert load({}).targets[0].proxy is None


def test_a_proxy_of_another_kind_is_refused_unseen(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "socks5://user:hunter2@proxy.example")
    assert faults() == ("HTTPS_PROXY or ALL_PROXY: must be a URL that starts with http:// or https://",)


def test_nothing_secret_is_in_a_repr(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "http://user:hunter2@proxy.example")
    configuration = load({})
    told = (
        repr(configuration)
        + repr(configuration.settings)
        + repr(configuration.targets)
        + repr(configuration.targets[0].key)
    )
    for secret in (KEY, ACCOUNT_ID, "hunter2"):
        assert secret not in told
