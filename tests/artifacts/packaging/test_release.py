"""What a release contains, its version, and the one place that says where the project is published."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from betatel_exporter import __version__
from tests.support.chart import CASES, Chart, container
from tests.support.paths import ROOT
from tools.chart.cluster.cases import LEAST
from tools.chart.helm import parse

IMAGE = "registry.example/owner/betatel-exporter"


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the working tree, in a repository of their own."""
    folder = tmp_path_factory.mktemp("copy")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in listed.rstrip("\0").split("\0"):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qm", "all", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def dist(tool: Callable[[str], str], copy: Path) -> Path:
    """What packaging/release-files writes."""
    (copy / ".tools" / "bin").mkdir(parents=True)
    (copy / ".tools" / "bin" / "helm").symlink_to(tool("helm"))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    run("packaging/release-files", IMAGE, cwd=copy)
    return copy / "dist"


@pytest.fixture(scope="module")
def archive(dist: Path) -> Path:
    (path,) = dist.glob("*.tgz")
    return path


def test_a_release_contains_the_chart_and_everything_to_install_by_hand(dist: Path, archive: Path) -> None:
    chart = yaml.safe_load((ROOT / "helm/betatel-exporter/Chart.yaml").read_text(encoding="utf-8"))
    manifests = parse((dist / "betatel-exporter.yaml").read_text(encoding="utf-8"))

    assert archive.name == f"betatel-exporter-{chart['version']}.tgz"
    assert {file.name for file in dist.iterdir()} == {
        archive.name,
        "betatel-exporter.yaml",
        "betatel-exporter-operator.yaml",
        "betatel-exporter-prometheus.tar.gz",
        "betatel-exporter-dashboards.tar.gz",
        "betatel-exporter.service",
    }
    assert container(manifests)["image"] == f"{IMAGE}:{__version__}"


def test_the_released_chart_names_its_image_and_renders_what_the_folder_does(archive: Path) -> None:
    chart = Chart()
    case = CASES["kube-prometheus-stack-values.yaml"]
    named = chart.objects({"image": {}, "accounts": LEAST["accounts"]}, chart=archive)

    assert container(named)["image"] == f"{IMAGE}:{__version__}"
    assert chart.objects(case, chart=archive) == chart.objects(case)


def test_the_released_chart_contains_files_and_no_links(archive: Path) -> None:
    with tarfile.open(archive) as files:
        members = {member.name.removeprefix("betatel-exporter/"): member for member in files}
        metadata = yaml.safe_load(files.extractfile(members["Chart.yaml"]) or "")
    (image,) = yaml.safe_load(metadata["annotations"]["artifacthub.io/images"])

    assert all(member.isfile() for member in members.values())
    assert {"values.schema.json", "files/rules/betatel.yml"} <= members.keys()
    assert not any(name.startswith("ci/") for name in members)
    assert image["image"] == f"{IMAGE}:{__version__}"


def test_the_chart_and_the_changelog_have_this_version() -> None:
    chart = yaml.safe_load((ROOT / "helm/betatel-exporter/Chart.yaml").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d.*?)\]", changelog, re.MULTILINE)[0]

    assert chart["appVersion"] == __version__
    assert newest == __version__ or Version(__version__).is_prerelease


def test_one_command_changes_where_the_project_is_published(copy: Path) -> None:
    project = (copy / "pyproject.toml").read_text(encoding="utf-8")
    old = re.findall(r'^Source = "(.*)"$', project, re.MULTILINE)[0]

    run("packaging/coordinates", "https://git.example/o/other", cwd=copy)

    changed = run("git", "diff", "--unified=0", cwd=copy)
    assert '+Source = "https://git.example/o/other"' in changed
    assert old not in run("git", "grep", "-I", "http", cwd=copy)
