"""The packaged chart knows its image, holds real files, installs, and says how to go on."""

import json
import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from betatel_exporter import __version__
from tests.support.chart import CASES, Helm, container, pods
from tests.support.paths import ROOT
from tools.chart.cluster.cases import LEAST
from tools.chart.package import changes, package

CASE = "kube-prometheus-stack-values.yaml"
CLUSTER = {
    "/version": {"major": "1", "minor": "31", "gitVersion": "v1.31.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
}
"""What helm asks a cluster before it renders."""

Install = Callable[[Mapping[str, Any]], Any]


@pytest.fixture(scope="module")
def archive(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package(helm.program, "registry.example.com/team/exporter", tmp_path_factory.mktemp("package"))


@pytest.fixture
def install(helm: Helm, archive: Path, serve: Callable[..., str], tmp_path: Path) -> Install:
    """Installs the package with values; returns the release as helm describes it."""
    cluster = serve({path: json.dumps(document).encode() for path, document in CLUSTER.items()})

    def run(values: Mapping[str, Any]) -> Any:
        path = tmp_path / "values.json"
        path.write_text(json.dumps(values), encoding="utf-8")
        where = ["--kube-apiserver", cluster, "--namespace", "apps", "--disable-openapi-validation"]
        installed = helm("install", "rel", archive, "--values", path, "--output", "json", *where)
        assert installed.returncode == 0, installed.stderr
        return json.loads(installed.stdout)

    return run


def test_the_package_holds_the_shipped_rules_and_dashboards_as_files(archive: Path) -> None:
    shipped = [ROOT / "prometheus/rules/betatel.yml", *(ROOT / "grafana/dashboards").glob("*.json")]
    with tarfile.open(archive) as files:
        members = {member.name: member for member in files.getmembers()}
        for path in shipped:
            name = f"betatel-exporter/files/{path.parent.name}/{path.name}"
            file = files.extractfile(members[name])
            assert members[name].isreg()
            assert file is not None
            assert file.read() == path.read_bytes()

    assert len([name for name in members if "/files/" in name]) == len(shipped) > 1
    assert "betatel-exporter/values.schema.json" in members
    assert not [name for name in members if "/ci/" in name]


def test_the_package_needs_no_image_and_renders_what_the_folder_does(helm: Helm, archive: Path) -> None:
    values = {"image": {}, "accounts": LEAST["accounts"]}

    assert (
        container(helm.objects(values, chart=archive))["image"]
        == f"registry.example.com/team/exporter:{__version__}"
    )
    assert helm.objects(CASE, chart=archive) == helm.objects(CASE)


def test_a_parent_chart_sets_the_registry_and_the_pull_secrets(
    helm: Helm, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "charts").mkdir()
    shutil.copy(archive, tmp_path / "charts")
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: parent, version: 1.0.0}", encoding="utf-8")
    values = {
        "global": {
            "imageRegistry": "mirror.example.com/",
            "imagePullSecrets": ["mirror", {"name": "own"}],
            "other": 1,
        },
        "betatel-exporter": {"accounts": LEAST["accounts"], "imagePullSecrets": [{"name": "own"}]},
    }

    objects = helm.objects(values, chart=tmp_path)

    for spec in pods(objects):
        assert spec["containers"][0]["image"] == f"mirror.example.com/team/exporter:{__version__}"
        assert spec["imagePullSecrets"] == [{"name": "own"}, {"name": "mirror"}]


def test_the_package_has_what_artifact_hub_shows(helm: Helm, archive: Path) -> None:
    chart = yaml.safe_load(helm("show", "chart", archive).stdout)
    annotations = {name.removeprefix("artifacthub.io/"): text for name, text in chart["annotations"].items()}
    (image,) = yaml.safe_load(annotations["images"])

    assert image["image"] == f"registry.example.com/team/exporter:{__version__}"
    assert {link["name"] for link in yaml.safe_load(annotations["links"])} >= {"Source", "Documentation"}
    assert yaml.safe_load(annotations["changes"])
    assert annotations["prerelease"] == str("-" in chart["version"]).lower()


def test_changes_are_those_of_the_version_or_the_unreleased_ones() -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- new\n\n## [1]\n\n### Added\n\n- one\n  more\n- two\n"

    assert changes(changelog, "1") == [
        {"kind": "added", "description": "one more"},
        {"kind": "added", "description": "two"},
    ]
    assert changes(changelog, "2") == [{"kind": "fixed", "description": "new"}]


def test_the_package_is_installed_with_its_test_and_its_notes(install: Install) -> None:
    release = install(CASES[CASE])
    notes = release["info"]["notes"]

    assert release["info"]["status"] == "deployed"
    assert [hook["events"] for hook in release["hooks"]] == [["test"]]
    for words in (
        "accounts bank, shop",
        "port-forward service/rel-betatel-exporter 10742:10742",
        "http://localhost:10742/",
        "helm test --namespace apps rel",
    ):
        assert words in notes
    assert "kube-prometheus-stack" not in notes


def test_the_notes_warn_of_what_would_be_ignored_fail_or_cost_more(install: Install) -> None:
    values = {**LEAST, "prometheusRule": {"enabled": True}, "replicaCount": 2}
    secured = {**LEAST, "webConfig": {"certificateSecret": "tls"}, "podMonitor": {"enabled": True}}

    notes = install(values)["info"]["notes"]
    assert "prometheusRule has no label `release`" in notes
    assert "--set prometheusRule.labels.release=kps" in notes
    assert "Each of the 2 pods is scraped and makes all API calls" in notes
    assert "No monitor is enabled" in notes
    assert "not-a-real-key" not in notes
    assert "podMonitor.tlsConfig is empty" in install(secured)["info"]["notes"]
