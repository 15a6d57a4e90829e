"""The wheel is complete: it installs into an empty folder, without a network, and works there."""

import re
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from betatel_exporter import __version__
from tests.support.paths import ROOT

DESCRIBED = f"betatel_exporter-{__version__}.dist-info"
IMPORT_ALL = """
import importlib, pkgutil, betatel_exporter
for module in pkgutil.walk_packages(betatel_exporter.__path__, 'betatel_exporter.'):
    importlib.import_module(module.name)
print(betatel_exporter.__file__)
"""


def run(*command: str | Path, packages: Path | None = None) -> str:
    environment = {"PYTHONPATH": str(packages)} if packages else {}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_installed_command_and_every_module_work(wheel: Path, tmp_path: Path) -> None:
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        tmp_path,
        wheel,
    )

    version = run(tmp_path / "bin" / "betatel-exporter", "--version", packages=tmp_path)
    imported_from = run(sys.executable, "-W", "error", "-c", IMPORT_ALL, packages=tmp_path)

    assert version == f"betatel-exporter {__version__}\n"
    assert imported_from.startswith(str(tmp_path))


def test_the_wheel_contains_the_package_its_types_and_its_licence_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names} == {"betatel_exporter", DESCRIBED}
    assert {"betatel_exporter/py.typed", f"{DESCRIBED}/licenses/LICENSE"} <= set(names)


def test_the_metadata_has_absolute_links_and_locked_dependencies(wheel: Path) -> None:
    text = zipfile.ZipFile(wheel).read(f"{DESCRIBED}/METADATA").decode()
    metadata = HeaderParser().parsestr(text)
    links = re.findall(r'(?:\]\(|\b(?:src|srcset|href)=")([^)"]+)', str(metadata.get_payload()))
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    lock = (ROOT / "requirements/run.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))

    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert len(requirements) > 10
    assert [str(each) for each in requirements if not each.specifier.contains(locked[each.name])] == []
