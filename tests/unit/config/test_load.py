"""What is set arrives, from flags, variables and the file."""

from pathlib import Path

import pytest

from betatel_exporter.address import Address
from betatel_exporter.api.vocabulary import Window
from betatel_exporter.config import Configuration, SettingsError, load

ONE = {"BETATEL_API_KEY": "key-5f0c1a", "BETATEL_ACCOUNT_ID": "675aed61"}
ACCOUNTS = """
windows: [lasth]
recent_pages: 4
accounts:
  - {name: shop, account_id: "675aed61", api_key: key-shop, daily_budget: {EUR: 50}, recent_pages: 0}
  - {name: bank, account_id: "91c0ffee", api_key_file: bank-key, windows: [today], timezone: Europe/Sarajevo,
     base_url: "https://other.example/api/", recent_settle: 60, recent_destinations: 5}
"""


def load_file(folder: Path, text: str) -> Configuration:
    path = folder / "config.yml"
    path.write_text(text)
    return load({"config_file": str(path)}, {})


def test_key_and_account_id_are_all_that_is_needed() -> None:
    configuration = load({}, ONE)
    (account,) = configuration.accounts
    assert (account.settings.name, account.settings.account_id) == ("default", "675aed61")
    assert (account.key(), account.proxy) == ("key-5f0c1a", None)
    assert account.settings.base_url == "https://api.betatel.com/api/v1/connect-hub"
    assert account.settings.windows == (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS)
    assert configuration.tls is not None
    assert configuration.settings.web.listen_address == Address("", 10742)


def test_flags_override_variables_and_variables_the_file(tmp_path: Path) -> None:
    environ = ONE | {"BETATEL_TIMEOUT": "20", "BETATEL_WEB__MAX_REQUESTS": "3", "BETATEL_CACHE_TTL": ""}
    environ |= {"BETATEL_TIMEZONE": "Europe/Sarajevo", "BETATEL_ACCOUNT_NAME": "variable"}
    text = "{timeout: 30, cache_ttl: 5, web: {max_requests: 7, telemetry_path: /m}, log: {format: json}, "
    text += "account_name: file, timezone: UTC, recent_pages: 5, account_id: '2', windows: }"
    (tmp_path / "config.yml").write_text(text)
    flags = {"config_file": f"{tmp_path}/config.yml", "timeout": "1e1", "web.telemetry_path": "/flag"}
    flags |= {"account_name": "flag"}
    configuration = load(flags, environ | {"BETATEL_CONFIG_FILE": "/nowhere"})
    settings, account = configuration.settings, configuration.accounts[0].settings
    assert (settings.timeout, settings.cache_ttl, settings.log.format) == (10, 5, "json")
    assert (settings.web.max_requests, settings.web.telemetry_path) == (3, "/flag")
    assert (account.name, account.account_id) == ("flag", "675aed61")
    assert (account.timezone, account.recent_pages, len(account.windows)) == ("Europe/Sarajevo", 5, 3)


def test_one_account_can_be_set_in_every_way(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("key-1\n")
    text = """
        account_id: "1"
        api_key_file: key
        daily_budget: {USD: 1.5}
        windows: [today]
        allow_http: on
        base_url: http://api.example
    """
    flags = {"windows": "today, lastm", "daily_budget": "EUR=50, USD=20.5", "recent_pages": "0"}
    (in_file,) = load_file(tmp_path, text).accounts
    (by_flag,) = load(flags, ONE).accounts
    assert (in_file.settings.daily_budget, in_file.settings.windows) == ({"USD": 1.5}, (Window.TODAY,))
    assert (in_file.settings.recent_pages, by_flag.settings.recent_pages) == (3, 0)
    assert by_flag.settings.daily_budget == {"EUR": 50, "USD": 20.5}
    assert by_flag.settings.windows == (Window.TODAY, Window.LAST_MINUTE)
    assert in_file.key() == "key-1"


def test_accounts_of_the_list_share_settings_and_may_differ(tmp_path: Path) -> None:
    (tmp_path / "bank-key").write_text("key-bank")
    configuration = load_file(tmp_path, ACCOUNTS)
    assert [account.key() for account in configuration.accounts] == ["key-shop", "key-bank"]
    shop, bank = [account.settings for account in configuration.accounts]
    assert (shop.name, shop.windows, shop.timezone) == ("shop", (Window.LAST_HOUR,), "UTC")
    assert (shop.daily_budget, shop.recent_pages, shop.recent_settle) == ({"EUR": 50}, 0, 120)
    assert (bank.windows, bank.timezone) == ((Window.TODAY,), "Europe/Sarajevo")
    assert bank.base_url == "https://other.example/api"
    assert (bank.recent_pages, bank.recent_settle, bank.recent_destinations) == (4, 60, 5)


def test_a_missing_key_concerns_its_account_only_unless_no_account_has_a_key(tmp_path: Path) -> None:
    configuration = load_file(tmp_path, ACCOUNTS)
    assert [account.settings.name for account in configuration.accounts] == ["shop", "bank"]
    bank = f"{tmp_path}/config.yml:6: accounts.bank.api_key_file: no such file or directory in {tmp_path}"
    assert configuration.warnings == (bank,)
    (tmp_path / "empty").touch()
    with pytest.raises(SettingsError) as caught:
        load_file(tmp_path, ACCOUNTS.replace("api_key: key-shop", "api_key_file: empty"))
    shop = f"{tmp_path}/config.yml:5: accounts.shop.api_key_file: {tmp_path}/empty: must not be empty"
    assert caught.value.faults == (shop, bank)
    (tmp_path / "bank-key").write_text("key-bank")
    assert configuration.accounts[1].key() == "key-bank"


def test_plain_http_is_for_loopback_unless_it_is_allowed() -> None:
    for url in ("http://127.0.0.1:1/x", "http://[::1]/x", "http://localhost/x"):
        assert load({"base_url": url}, ONE).accounts[0].settings.base_url == url
    assert load({"base_url": "http://api.example", "allow_http": "true"}, ONE).tls is None


def test_the_proxy_is_the_one_of_the_environment() -> None:
    lower, upper = "http://u:p@lower.example", "http://upper.example"
    for environ, proxy in [
        ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"all_proxy": lower}, lower),
        ({"HTTPS_PROXY": upper, "https_proxy": lower}, lower),
        ({"HTTPS_PROXY": upper, "https_proxy": ""}, None),
        ({"HTTP_PROXY": upper}, None),
        ({"ALL_PROXY": upper, "NO_PROXY": "x.example, .BETATEL.com"}, None),
        ({"ALL_PROXY": upper, "NO_PROXY": "api.betatel.com:443"}, None),
        ({"ALL_PROXY": upper, "NO_PROXY": "betatel.com:80"}, upper),
        ({"ALL_PROXY": upper, "NO_PROXY": "tel.com,"}, upper),
        ({"ALL_PROXY": upper, "NO_PROXY": "*"}, None),
    ]:
        assert load({}, ONE | environ).accounts[0].proxy == proxy, environ


def test_nothing_secret_is_in_a_repr(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("key-file")
    configurations = [
        load({}, ONE | {"HTTPS_PROXY": "http://user:hunter2@proxy.example"}),
        load({"account_id": "675aed61"}, {"BETATEL_API_KEY_FILE": str(tmp_path / "key")}),
    ]
    text = repr([(configuration, configuration.accounts[0].key) for configuration in configurations])
    assert [secret for secret in ("key-5f0c1a", "key-file", "675aed61", "hunter2") if secret in text] == []
