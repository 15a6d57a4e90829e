"""What Grafana is given at its start fits together: data source, folder, dashboards and where they are mounted."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.artifacts.dashboards.boards import dashboards, variables
from tests.support.paths import ROOT

PROVISIONING = ROOT / "grafana" / "provisioning"
FILES = sorted(PROVISIONING.rglob("*.yml"))


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _grafana() -> dict[str, Any]:
    service: dict[str, Any] = _read(ROOT / "compose.yaml")["services"]["grafana"]
    return service


def test_the_folders_are_those_that_grafana_reads() -> None:
    assert [str(path.relative_to(PROVISIONING)) for path in FILES] == [
        "dashboards/betatel.yml",
        "datasources/prometheus.yml",
    ]
    assert {_read(path)["apiVersion"] for path in FILES} == {1}


def test_the_data_source_is_of_the_type_that_the_dashboards_choose_from_and_their_default() -> None:
    (source,) = _read(PROVISIONING / "datasources/prometheus.yml")["datasources"]
    wanted = {variables(board, "datasource")[0]["query"] for board in dashboards().values()}

    assert wanted == {source["type"]}
    assert source["isDefault"]


def test_the_data_source_is_a_service_of_the_stack() -> None:
    (source,) = _read(PROVISIONING / "datasources/prometheus.yml")["datasources"]

    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in _read(ROOT / "compose.yaml")["services"]


def test_the_stack_mounts_provisioning_and_dashboards_where_grafana_looks_for_them() -> None:
    (provider,) = _read(PROVISIONING / "dashboards/betatel.yml")["providers"]
    mounts = dict(volume.split(":")[:2] for volume in _grafana()["volumes"] if isinstance(volume, str))

    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_files_are_tidy_yaml(path: Path) -> None:
    rules = "{extends: default, rules: {document-start: disable, line-length: {max: 110}}}"
    linted = subprocess.run(
        [sys.executable, "-m", "yamllint", "-s", "-d", rules, path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout
