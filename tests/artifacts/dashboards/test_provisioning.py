"""Provisioning, dashboards and compose file fit together."""

from typing import Any

import yaml

from tests.artifacts.dashboards.boards import dashboards
from tests.support.paths import ROOT


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_data_source_is_the_default_of_the_type_that_the_dashboards_choose_from() -> None:
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    wanted = {board["templating"]["list"][0]["query"] for board in dashboards().values()}

    assert wanted == {source["type"]}
    assert source["isDefault"]
    assert source["url"] == "http://prometheus:9090"


def test_the_stack_mounts_provisioning_and_dashboards_where_grafana_looks_for_them() -> None:
    (provider,) = read("grafana/provisioning/dashboards/betatel.yml")["providers"]
    services = read("compose.yaml")["services"]
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"] if volume[0] == ".")

    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    assert "prometheus" in services
