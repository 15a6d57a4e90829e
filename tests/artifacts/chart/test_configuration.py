"""The file the chart writes is one that the exporter understands, and both agree about the defaults."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from betatel_exporter.config import SETTINGS, Configuration, load
from tools.chart.build import CHART, ROOT

MOUNTED = "/etc/betatel-exporter"
NOT_IN_THE_FILE = {
    "account_id",
    "account_name",
    "api_key",
    "api_key_file",
    "config_file",
    "daily_budget",
    "revision",
}
"""What the list of accounts replaces, the file's own name, and what the image says of itself."""

Template = Callable[..., list[Any]]
Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    """Writes the rendered configuration with its files below a folder; returns the configuration's path."""

    def write(objects: list[Any], *, without: str = "") -> Path:
        text = _config(objects).replace(MOUNTED, str(tmp_path))
        document = yaml.safe_load(text)
        for account in document["accounts"]:
            key = Path(account["api_key_file"])
            if account["name"] != without:
                key.parent.mkdir(exist_ok=True)
                key.write_text(f"key-of-{account['name']}\n", encoding="utf-8")
        path = tmp_path / "config.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_defaults_of_the_chart_are_the_exporters(template: Template, mount: Mount) -> None:
    written = load({"config_file": str(mount(template("default-values.yaml")))}, {}).settings

    for setting in SETTINGS:
        if setting.path[0] not in NOT_IN_THE_FILE | {"accounts"}:
            value: Any = written
            for name in setting.path:
                value = getattr(value, name)
            assert value == setting.default_value, setting.key


def test_every_setting_can_be_reached_through_the_chart(template: Template) -> None:
    document = yaml.safe_load(_config(template("everything-values.yaml")))

    assert set(_leaves(document)) | {"accounts"} >= {
        setting.key for setting in SETTINGS if setting.path[0] not in NOT_IN_THE_FILE
    }


def test_several_accounts_arrive_with_their_own_keys_and_settings(template: Template, mount: Mount) -> None:
    configuration = load({"config_file": str(mount(template("several-accounts-values.yaml")))}, {})

    assert [_described(configuration, index) for index in range(3)] == [
        ("bank", "1_000", "key-of-bank", ["last5m", "lasth", "last24h", "today"], "Europe/Sarajevo", {}),
        ("shop", "675e61", "key-of-shop", ["last5m", "lasth", "last24h"], "UTC", {"EUR": 50}),
        ("spare.test_1", "0x1F", "key-of-spare.test_1", ["last5m", "lasth", "last24h"], "UTC", {}),
    ]
    assert configuration.accounts[2].base_url == "https://api.example.com/api/v1/connect-hub"


def test_a_large_budget_stays_a_number(template: Template, mount: Mount) -> None:
    objects = template("default-values.yaml", "--set", "accounts.default.dailyBudget.XAF=25000000")

    configuration = load({"config_file": str(mount(objects))}, {})

    assert configuration.accounts[0].daily_budget == {"XAF": 25_000_000}


def test_a_missing_key_is_told_on_one_line(template: Template, mount: Mount) -> None:
    path = mount(template("several-accounts-values.yaml"), without="shop")

    exporter = subprocess.run(
        [
            sys.executable,
            "-m",
            "betatel_exporter",
            f"--config.file={path}",
            "--web.listen-address=127.0.0.1:0",
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert exporter.returncode == 2
    (line,) = exporter.stderr.splitlines()
    assert "accounts.1.api_key_file" in line
    assert f"{path.parent}/keys/shop" in line


def test_a_pod_starts_without_its_secrets_so_that_the_log_can_tell_which_is_missing(
    template: Template,
) -> None:
    for volume in _pod(template("everything-values.yaml"))["volumes"]:
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            if "secret" in source:
                assert source["secret"]["optional"] is True


def test_every_key_file_is_mounted_from_the_right_secret(template: Template) -> None:
    objects = template("several-accounts-values.yaml")
    (keys,) = [volume["projected"] for volume in _pod(objects)["volumes"] if volume["name"] == "keys"]

    mounted = {
        f"{MOUNTED}/keys/{item['path']}": (source["secret"]["name"], item["key"])
        for source in keys["sources"]
        for item in source["secret"]["items"]
    }

    assert mounted == {
        f"{MOUNTED}/keys/bank": ("betatel-bank", "api-key"),
        f"{MOUNTED}/keys/shop": ("betatel-shop", "key"),
        f"{MOUNTED}/keys/spare.test_1": ("rel-betatel-exporter-keys", "spare.test_1"),
    }
    assert set(mounted) == {
        account["api_key_file"] for account in yaml.safe_load(_config(objects))["accounts"]
    }


def test_no_key_is_anywhere_but_in_the_secret(template: Template) -> None:
    objects = template("several-accounts-values.yaml")

    holders = [item["kind"] for item in objects if "not-a-real-key" in str(item)]
    secrets = [item for item in objects if item["kind"] == "Secret"]

    assert holders == []
    assert [secret["data"] for secret in secrets] == [{"spare.test_1": "bm90LWEtcmVhbC1rZXk="}]


def test_a_changed_setting_replaces_the_pods_and_a_changed_key_does_not(template: Template) -> None:
    def checksum(*arguments: str) -> Any:
        objects = template("default-values.yaml", *arguments)
        (deployment,) = [item for item in objects if item["kind"] == "Deployment"]
        return deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    assert checksum("--set", "settings.timeout=5") != checksum()
    assert checksum("--set", "accounts.default.apiKey=other") == checksum()


def test_the_container_port_is_the_exporters_own(template: Template) -> None:
    (web,) = [setting for setting in SETTINGS if setting.key == "web.listen_address"]
    (port,) = _pod(template("default-values.yaml"))["containers"][0]["ports"]

    assert f":{port['containerPort']}" == web.default


def test_the_values_are_documented_with_the_exporters_limits() -> None:
    # the schema repeats the bounds of the settings: too wide would fail at start, too narrow forbid what works
    schema = yaml.safe_load((ROOT / CHART / "values.schema.json").read_text(encoding="utf-8"))
    settings = schema["properties"]["settings"]["properties"]
    repeated = {
        "timeout": settings["timeout"]["anyOf"][0],
        "timeout_offset": settings["timeoutOffset"]["anyOf"][0],
        "cache_ttl": settings["cacheTtl"]["anyOf"][0],
        "max_concurrency": settings["maxConcurrency"],
        "max_concurrency_total": settings["maxConcurrencyTotal"],
        "web.max_requests": settings["web"]["properties"]["maxRequests"],
    }

    for setting in SETTINGS:
        if setting.key in repeated:
            limits = {key: value for key, value in repeated.pop(setting.key).items() if key != "type"}
            assert setting.bounds == limits, setting.key
    assert repeated == {}


def _config(objects: list[Any]) -> str:
    (config,) = [item["data"]["config.yml"] for item in objects if "config.yml" in item.get("data", {})]
    return str(config)


def _pod(objects: list[Any]) -> Any:
    (deployment,) = [item for item in objects if item["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]


def _leaves(document: Any, above: str = "") -> Iterator[str]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def _described(configuration: Configuration, index: int) -> tuple[Any, ...]:
    target = configuration.accounts[index]
    return (
        target.name,
        target.account_id,
        target.key(),
        list(target.windows),
        target.timezone,
        target.daily_budget,
    )
