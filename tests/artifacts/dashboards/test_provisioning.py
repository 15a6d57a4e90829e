"""Provisioning, dashboards and compose file fit together."""

from typing import Any

import yaml

from tests.artifacts.dashboards.boards import dashboards
from tests.support.paths import ROOT


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_stack_gives_grafana_its_data_source_and_its_dashboards() -> None:
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    (provider,) = read("grafana/provisioning/dashboards/betatel.yml")["providers"]
    services = read("compose.yaml")["services"]
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"] if volume[0] == ".")

    assert {board["templating"]["list"][0]["query"] for board in dashboards().values()} == {source["type"]}
    assert (source["isDefault"], source["url"]) == (True, "http://prometheus:9090")
    assert "prometheus" in services
    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
