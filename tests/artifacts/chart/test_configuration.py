"""The file that the chart writes is one that the exporter reads, with the same defaults and every setting."""

import functools
from pathlib import Path
from typing import Any

import yaml

from betatel_exporter.config import SETTINGS, AccountSettings, Settings
from betatel_exporter.config.sources import Sources
from tests.support.chart import CASES, Chart, container, one, pod
from tools.chart.helm import Objects
from tools.chart.settings import NOT_OF_PROCESS

MOUNTED = "/etc/betatel-exporter"


def data(objects: Objects) -> Any:
    """Of the ConfigMap with the configuration."""
    (found,) = (item["data"] for item in objects if "config.yml" in item.get("data", {}))
    return found


def read(objects: Objects, folder: Path) -> tuple[Settings, dict[str, AccountSettings]]:
    """The exporter's own reading of the file, without the files it names: settings, and accounts by name."""
    path = folder / "config.yml"
    path.write_text(data(objects)["config.yml"], encoding="utf-8")
    sources = Sources({"config_file": str(path)}, {})
    settings = sources.settings()
    accounts = {account.name: account for account, _ in sources.accounts()}
    assert sources.faults == []
    return settings, accounts


def by_key(settings: Settings) -> dict[str, Any]:
    """What the chart passes on."""
    return {
        setting.key: functools.reduce(getattr, setting.path, settings)
        for setting in SETTINGS
        if setting.key not in NOT_OF_PROCESS
    }


def test_defaults_of_the_chart_are_the_exporters(chart: Chart, tmp_path: Path) -> None:
    objects = chart.objects()
    written, _ = read(objects, tmp_path)
    (port,) = container(objects)["ports"]

    assert by_key(written) == by_key(Settings())
    assert port["containerPort"] == written.web.listen_address.port == Settings().web.listen_address.port


def test_every_setting_is_passed_on(chart: Chart, tmp_path: Path) -> None:
    written, _ = read(chart.objects("everything-values.yaml"), tmp_path)
    defaults = by_key(Settings())

    assert [key for key, value in by_key(written).items() if value == defaults[key]] == []
    assert str(written.web.config_file) == f"{MOUNTED}/web/web.yml"
    assert str(written.ca_file) == f"{MOUNTED}/ca/bundle.pem"


def test_accounts_are_passed_on_with_their_keys_and_settings(chart: Chart, tmp_path: Path) -> None:
    objects = chart.objects("several-accounts-values.yaml")
    (keys,) = (volume["projected"] for volume in pod(objects)["volumes"] if volume["name"] == "keys")
    _, accounts = read(objects, tmp_path)
    bank = accounts["bank"]

    assert {name: (account.account_id, str(account.api_key_file)) for name, account in accounts.items()} == {
        "bank": ("1_000", f"{MOUNTED}/keys/bank"),
        "shop": ("675e61", f"{MOUNTED}/keys/shop"),
        "spare.test_1": ("0x1F", f"{MOUNTED}/keys/spare.test_1"),
    }
    assert {
        item["path"]: (source["secret"]["name"], item["key"])
        for source in keys["sources"]
        for item in source["secret"]["items"]
    } == {
        "bank": ("betatel-bank", "api-key"),
        "shop": ("betatel-shop", "key"),
        "spare.test_1": ("rel-betatel-exporter-keys", "spare.test_1"),
    }
    mount = {"name": "keys", "mountPath": f"{MOUNTED}/keys", "readOnly": True}
    assert mount in container(objects)["volumeMounts"]
    assert list(bank.windows) == ["last5m", "lasth", "last24h", "today"]
    assert (bank.recent_pages, bank.recent_settle, bank.recent_destinations) == (0, 60.5, 5)
    assert (bank.timezone, accounts["shop"].daily_budget) == ("Europe/Sarajevo", {"EUR": 50})
    assert accounts["spare.test_1"].base_url == "https://api.example.com/api/v1/connect-hub"


def test_odd_names_ids_and_numbers_are_passed_on_unchanged(chart: Chart, tmp_path: Path) -> None:
    case = "awkward-names-values.yaml"
    budget = {"XAF": 25_000_000, "EUR": "20.5"}
    values = {
        "accounts": {"default": {"accountId": "1", "apiKey": "x", "dailyBudget": budget}},
        "settings": {"timeout": "7.5", "cacheTtl": 3600},
    }

    _, accounts = read(chart.objects(case), tmp_path)
    written, numbers = read(chart.objects(values), tmp_path)

    assert {name: account.account_id for name, account in accounts.items()} == {
        name: account["accountId"] for name, account in CASES[case]["accounts"].items()
    }
    assert numbers["default"].daily_budget == {"XAF": 25_000_000, "EUR": 20.5}
    assert (written.timeout, written.cache_ttl) == (7.5, 3600)


def test_a_key_from_a_file_needs_no_secret_and_no_volume(chart: Chart) -> None:
    objects = chart.objects(
        {"accounts": {"vault": {"accountId": "1", "apiKeyFile": "/vault/secrets/betatel"}}}
    )

    assert 'api_key_file: "/vault/secrets/betatel"' in data(objects)["config.yml"]
    assert [volume["name"] for volume in pod(objects)["volumes"]] == ["config"]
    assert "Secret" not in {item["kind"] for item in objects}


def test_a_pod_starts_without_its_secrets_so_that_its_log_can_name_the_missing_one(chart: Chart) -> None:
    for volume in pod(chart.objects("everything-values.yaml"))["volumes"]:
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            assert source.get("secret", {"optional": True})["optional"] is True


def test_a_key_is_nowhere_but_in_the_secret(chart: Chart) -> None:
    objects = chart.objects("several-accounts-values.yaml")

    assert "not-a-real-key" not in str(objects)
    assert one(objects, "Secret")["data"] == {"spare.test_1": "bm90LWEtcmVhbC1rZXk="}


def test_a_changed_setting_replaces_the_pods_and_a_changed_key_does_not(chart: Chart) -> None:
    def checksum(values: Any) -> Any:
        template = one(chart.objects(values), "Deployment")["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/config"]

    account = {"accountId": "675aed61", "apiKey": "other"}
    assert checksum({"settings": {"timeout": 5}}) != checksum({})
    assert checksum({"accounts": {"default": account}}) == checksum({})


def test_a_certificate_alone_makes_the_exporter_serve_tls(chart: Chart) -> None:
    objects = chart.objects("certificate-values.yaml")
    (web,) = (volume["projected"]["sources"] for volume in pod(objects)["volumes"] if volume["name"] == "web")

    assert [next(iter(source)) for source in web] == ["secret", "configMap"]
    assert yaml.safe_load(data(objects)["web-config.yml"]) == {
        "tls_server_config": {"cert_file": "tls.crt", "key_file": "tls.key"}
    }
    assert f'config_file: "{MOUNTED}/web/web-config.yml"' in data(objects)["config.yml"]
    assert container(objects)["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_the_network_policy_allows_dns_and_the_ports_of_base_urls_and_proxies(chart: Chart) -> None:
    account = {"accountId": "1", "apiKey": "x"}
    elsewhere = {
        "settings": {"baseUrl": "https://api.example.com:8443/v1"},
        "accounts": {
            "a": {**account, "baseUrl": "http://[::1]:8080/"},
            "b": {**account, "baseUrl": "http://127.0.0.1"},
        },
        "extraEnv": [
            {"name": "https_proxy", "value": "proxy.example.com:3128"},
            {"name": "ALL_PROXY", "value": "https://user:1@proxy.example.com"},
            {"name": "NO_PROXY", "value": "a.example.com:99"},
        ],
    }
    for policy, values, ports in (
        ({}, {}, {443}),
        ({}, elsewhere, {8443, 8080, 80, 3128, 443}),
        ({"apiPorts": [9]}, {}, {9}),
    ):
        objects = chart.objects({**values, "networkPolicy": {"enabled": True, **policy}})
        dns, api = one(objects, "NetworkPolicy")["spec"]["egress"]

        assert {port["port"] for port in dns["ports"]} == {53, 5353}
        assert {port["port"] for port in api["ports"]} == ports
