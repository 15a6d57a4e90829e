"""What a release carries, and the one place that says where the project is published."""

import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from betatel_exporter import __version__
from tests.support.paths import ROOT

IMAGE = "registry.example/owner/betatel-exporter"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tracked files, in a repository of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, timeout=60)
    return tmp_path


def test_a_release_carries_a_chart_with_its_image_and_everything_to_install_by_hand(
    tool: Callable[[str], str], copy: Path
) -> None:
    tools = copy / ".tools" / "bin"
    tools.mkdir(parents=True)
    (tools / "helm").symlink_to(tool("helm"))
    (copy / ".venv").symlink_to(ROOT / ".venv")

    done = subprocess.run(
        ["packaging/release-files", IMAGE],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    chart = yaml.safe_load((copy / "helm/betatel-exporter/Chart.yaml").read_text(encoding="utf-8"))
    archive = f"betatel-exporter-{chart['version']}.tgz"
    assert {file.name for file in (copy / "dist").iterdir()} == {
        archive,
        "betatel-exporter.yaml",
        "betatel-exporter-operator.yaml",
        "betatel-exporter-prometheus.tar.gz",
        "betatel-exporter-dashboards.tar.gz",
        "betatel-exporter.service",
    }
    assert f"image: {IMAGE}:{__version__}\n" in (copy / "dist/betatel-exporter.yaml").read_text(
        encoding="utf-8"
    )
    with tarfile.open(copy / "dist" / archive) as chart_files:
        member = chart_files.extractfile("betatel-exporter/values.yaml")
        assert member is not None
        image = yaml.safe_load(member)["image"]
        assert f"{image['registry']}/{image['repository']}" == IMAGE
        links = [item.name for item in chart_files if not item.isfile()]
        assert links == []


def test_one_command_changes_where_the_project_is_published(copy: Path) -> None:
    project = (copy / "pyproject.toml").read_text(encoding="utf-8")
    old = next(line for line in project.splitlines() if line.startswith("Source = ")).split('"')[1]

    subprocess.run(["packaging/coordinates", "https://git.example/o/other"], cwd=copy, check=True, timeout=60)

    left = subprocess.run(
        ["git", "grep", "-l", old], cwd=copy, capture_output=True, text=True, timeout=60, check=False
    )
    assert left.stdout == ""
    assert 'Source = "https://git.example/o/other"' in (copy / "pyproject.toml").read_text(encoding="utf-8")
