"""The file that the chart writes is one that the exporter reads, with the same defaults and every setting."""

import functools
from pathlib import Path
from typing import Any

import yaml

from betatel_exporter.config import SETTINGS, AccountSettings, Settings
from betatel_exporter.config.sources import Sources
from tests.support.chart import Helm, configuration_text, container, one, pod
from tests.support.command import run
from tools.chart.objects import Objects
from tools.chart.settings import NOT_OF_PROCESS

MOUNTED = "/etc/betatel-exporter"


def read(objects: Objects, folder: Path) -> tuple[Settings, list[AccountSettings]]:
    """The exporter's own reading of the file, without the files it names."""
    path = folder / "config.yml"
    path.write_text(configuration_text(objects), encoding="utf-8")
    sources = Sources({"config_file": str(path)}, {})
    settings = sources.settings()
    accounts = [given.settings for given in sources.accounts()]
    assert sources.faults == []
    return settings, accounts


def by_key(settings: Settings) -> dict[str, Any]:
    """What the chart passes on."""
    return {
        setting.key: functools.reduce(getattr, setting.path, settings)
        for setting in SETTINGS
        if setting.key not in NOT_OF_PROCESS
    }


def test_defaults_of_the_chart_are_the_exporters(helm: Helm, tmp_path: Path) -> None:
    written, _ = read(helm.objects("default-values.yaml"), tmp_path)

    assert by_key(written) == by_key(Settings())


def test_every_setting_is_passed_on(helm: Helm, tmp_path: Path) -> None:
    written, _ = read(helm.objects("everything-values.yaml"), tmp_path)
    defaults = by_key(Settings())

    assert [key for key, value in by_key(written).items() if value == defaults[key]] == []
    assert str(written.web.config_file) == f"{MOUNTED}/web/web.yml"
    assert str(written.ca_file) == f"{MOUNTED}/ca/bundle.pem"


def test_accounts_arrive_with_their_own_keys_and_settings(helm: Helm, tmp_path: Path) -> None:
    _, accounts = read(helm.objects("several-accounts-values.yaml"), tmp_path)
    bank, shop, spare = accounts

    assert [(account.name, account.account_id) for account in accounts] == [
        ("bank", "1_000"),
        ("shop", "675e61"),
        ("spare.test_1", "0x1F"),
    ]
    assert [str(account.api_key_file) for account in accounts] == [
        f"{MOUNTED}/keys/{account.name}" for account in accounts
    ]
    assert [*map(str, bank.windows)] == ["last5m", "lasth", "last24h", "today"]
    assert (bank.recent_pages, bank.recent_settle, bank.recent_destinations) == (0, 60.5, 5)
    assert (bank.timezone, shop.daily_budget) == ("Europe/Sarajevo", {"EUR": 50})
    assert spare.base_url == "https://api.example.com/api/v1/connect-hub"


def test_odd_names_and_ids_arrive_as_they_are(helm: Helm, tmp_path: Path) -> None:
    _, accounts = read(helm.objects("awkward-names-values.yaml"), tmp_path)

    assert {account.name: account.account_id for account in accounts} == {
        "007": "1_000",
        "0x1F": "{}'\"#&*!|>%@\\",
        "1.5.": "-",
        "1e5": "~",
        "2024": "0x1F",
        "N": "<<",
        "null": "=",
        "on": "2024-01-01",
        "true": "12:30:45",
    }


def test_numbers_arrive_whatever_their_size_and_form(helm: Helm, tmp_path: Path) -> None:
    account = {"accountId": "1", "apiKey": "x", "dailyBudget": {"XAF": 25_000_000, "EUR": "20.5"}}

    settings, (read_account,) = read(
        helm.objects({"accounts": {"default": account}, "settings": {"timeout": "7.5", "cacheTtl": 3600}}),
        tmp_path,
    )

    assert read_account.daily_budget == {"XAF": 25_000_000, "EUR": 20.5}
    assert (settings.timeout, settings.cache_ttl) == (7.5, 3600)


def test_the_exporter_names_a_missing_key_file_of_the_rendered_configuration(
    helm: Helm, tmp_path: Path
) -> None:
    text = configuration_text(helm.objects("existing-secret-values.yaml")).replace(MOUNTED, str(tmp_path))
    path = tmp_path / "config.yml"
    path.write_text(text, encoding="utf-8")

    done = run(f"--config.file={path}", "--web.listen-address=127.0.0.1:0")

    assert done.returncode == 2
    assert "accounts.default.api_key_file: no such file" in done.stderr


def test_every_key_file_is_mounted_from_the_right_secret(helm: Helm) -> None:
    objects = helm.objects("several-accounts-values.yaml")
    (keys,) = [volume["projected"] for volume in pod(objects)["volumes"] if volume["name"] == "keys"]

    assert {
        item["path"]: (source["secret"]["name"], item["key"])
        for source in keys["sources"]
        for item in source["secret"]["items"]
    } == {
        "bank": ("betatel-bank", "api-key"),
        "shop": ("betatel-shop", "key"),
        "spare.test_1": ("rel-betatel-exporter-keys", "spare.test_1"),
    }
    assert {"name": "keys", "mountPath": f"{MOUNTED}/keys", "readOnly": True} in container(objects)[
        "volumeMounts"
    ]


def test_a_key_from_a_file_needs_no_secret_and_no_volume(helm: Helm) -> None:
    objects = helm.objects(
        {"accounts": {"vault": {"accountId": "1", "apiKeyFile": "/vault/secrets/betatel"}}}
    )

    assert 'api_key_file: "/vault/secrets/betatel"' in configuration_text(objects)
    assert [volume["name"] for volume in pod(objects)["volumes"]] == ["config"]
    assert "Secret" not in {item["kind"] for item in objects}


def test_a_pod_starts_without_its_secrets_so_that_its_log_can_name_the_missing_one(helm: Helm) -> None:
    for volume in pod(helm.objects("everything-values.yaml"))["volumes"]:
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            if "secret" in source:
                assert source["secret"]["optional"] is True


def test_a_key_is_nowhere_but_in_the_secret(helm: Helm) -> None:
    objects = helm.objects("several-accounts-values.yaml")

    assert "not-a-real-key" not in str(objects)
    assert one(objects, "Secret")["data"] == {"spare.test_1": "bm90LWEtcmVhbC1rZXk="}


def test_a_changed_setting_replaces_the_pods_and_a_changed_key_does_not(helm: Helm) -> None:
    def checksum(*arguments: str) -> Any:
        deployment = one(helm.objects("default-values.yaml", *arguments), "Deployment")
        return deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    assert checksum("--set", "settings.timeout=5") != checksum()
    assert checksum("--set", "accounts.default.apiKey=other") == checksum()


def test_a_certificate_alone_makes_the_exporter_serve_tls(helm: Helm) -> None:
    objects = helm.objects("certificate-values.yaml")
    (web,) = [volume["projected"]["sources"] for volume in pod(objects)["volumes"] if volume["name"] == "web"]
    config = next(item for item in objects if item["kind"] == "ConfigMap")["data"]

    assert [next(iter(source)) for source in web] == ["secret", "configMap"]
    assert yaml.safe_load(config["web-config.yml"]) == {
        "tls_server_config": {"cert_file": "tls.crt", "key_file": "tls.key"}
    }
    assert yaml.safe_load(config["config.yml"])["web"]["config_file"] == f"{MOUNTED}/web/web-config.yml"
    assert container(objects)["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_the_container_port_is_the_exporters_own(helm: Helm, tmp_path: Path) -> None:
    objects = helm.objects("default-values.yaml")
    (port,) = container(objects)["ports"]

    settings, _ = read(objects, tmp_path)

    assert port["containerPort"] == settings.web.listen_address.port == Settings().web.listen_address.port


def test_the_network_policy_allows_dns_and_the_ports_of_base_urls_and_proxies(helm: Helm) -> None:
    def ports(values: dict[str, Any]) -> tuple[set[int], set[int]]:
        dns, api = one(helm.objects({"networkPolicy": {"enabled": True}, **values}), "NetworkPolicy")["spec"][
            "egress"
        ]
        return {port["port"] for port in dns["ports"]}, {port["port"] for port in api["ports"]}

    account = {"accountId": "1", "apiKey": "x"}
    assert ports({}) == ({53, 5353}, {443})
    assert ports(
        {
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
    ) == ({53, 5353}, {8443, 8080, 80, 3128, 443})
    assert ports({"networkPolicy": {"enabled": True, "apiPorts": [9]}})[1] == {9}
