"""The packaged chart installs and says how to go on."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.chart.build import CHART, ROOT

VALUES = ROOT / CHART / "ci" / "kube-prometheus-stack-values.yaml"

CLUSTER = {
    "/version": {"major": "1", "minor": "31", "gitVersion": "v1.31.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
}
"""What helm asks a cluster before it renders."""

Helm = Callable[..., Any]
Install = Callable[[Path], Any]


@pytest.fixture
def install(helm: Helm, package: Path, serve: Callable[..., str]) -> Install:
    """Installs the package with a file of values; gives the release as helm tells of it."""

    cluster = serve({path: json.dumps(document).encode() for path, document in CLUSTER.items()})

    def run(values: Path) -> Any:
        where = ["--kube-apiserver", cluster, "--namespace", "apps", "--disable-openapi-validation"]
        installed = helm("install", "rel", package, "--values", values, "--output", "json", *where)
        assert installed.returncode == 0, installed.stderr
        return json.loads(installed.stdout)

    return run


@pytest.fixture(scope="module")
def package(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    packaged = helm("package", ROOT / CHART, "--destination", folder)
    assert packaged.returncode == 0, packaged.stderr
    (path,) = folder.glob("betatel-exporter-*.tgz")
    return path


def test_the_package_gives_the_same_objects_as_the_folder(
    template: Callable[..., list[Any]], package: Path
) -> None:
    assert template(VALUES.name, chart=package) == template(VALUES.name)


def test_the_package_holds_the_shipped_rules_and_dashboards_as_files(package: Path) -> None:
    shipped = [ROOT / "prometheus/rules/betatel.yml", *(ROOT / "grafana/dashboards").glob("*.json")]
    with tarfile.open(package) as archive:
        members = {member.name: member for member in archive.getmembers()}
        for path in shipped:
            name = f"betatel-exporter/files/{path.parent.name}/{path.name}"
            file = archive.extractfile(members[name])
            assert members[name].isreg()
            assert file is not None
            assert file.read() == path.read_bytes()

    assert len([name for name in members if "/files/" in name]) == len(shipped) > 1
    assert "betatel-exporter/values.schema.json" in members
    assert not [name for name in members if "/ci/" in name]


def test_the_package_is_installed_with_its_test(install: Install, template: Callable[..., list[Any]]) -> None:
    release = install(VALUES)

    assert release["info"]["status"] == "deployed"
    assert [hook["events"] for hook in release["hooks"]] == [["test"]]
    assert list(yaml.safe_load_all(release["manifest"])) == [
        item
        for item in template(VALUES.name)
        if "helm.sh/hook" not in item["metadata"].get("annotations", {})
    ]


def test_the_notes_say_how_to_reach_it(install: Install) -> None:
    notes = install(VALUES)["info"]["notes"]

    assert "collects bank, shop" in notes
    assert "port-forward service/rel-betatel-exporter 10742:10742" in notes
    assert "http://localhost:10742/" in notes
    assert "helm test --namespace apps rel" in notes
    assert "kube-prometheus-stack" not in notes


def test_the_notes_warn_of_what_would_be_ignored_or_cost_more(install: Install, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(
        yaml.safe_dump(
            {
                "accounts": {"default": {"accountId": "x", "apiKey": "not-a-real-key"}},
                "prometheusRule": {"enabled": True},
                "replicaCount": 2,
            }
        ),
        encoding="utf-8",
    )

    notes = install(values)["info"]["notes"]

    assert "kube-prometheus-stack ignores monitors and rules without its own release name" in notes
    assert "--set prometheusRule.labels.release=kps" in notes
    assert "every API call is made 2 times" in notes
    assert "Nothing tells a Prometheus of the operator to scrape it" in notes
    assert "not-a-real-key" not in notes
