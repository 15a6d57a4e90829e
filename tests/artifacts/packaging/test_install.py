"""The wheel is complete: it installs into an empty environment, without a network, and answers there."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from betatel_exporter import __version__
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; its dependencies are those of this one, since there may be no network."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            folder,
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            wheel,
        ],
        check=True,
        timeout=120,
    )
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


def _run(program: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *arguments],
        cwd=program.parent,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_installed_command_answers(environment: Path) -> None:
    answered = _run(environment / "bin" / "betatel-exporter", "--version")

    assert (answered.returncode, answered.stdout) == (0, f"betatel-exporter {__version__}\n")


def test_the_installed_module_answers(environment: Path) -> None:
    answered = _run(environment / "bin" / "python", "-m", "betatel_exporter", "--version")

    assert (answered.returncode, answered.stdout) == (0, f"betatel-exporter {__version__}\n")


def test_what_answers_is_the_wheel_and_not_the_working_tree(environment: Path) -> None:
    located = _run(environment / "bin" / "python", "-c", "import betatel_exporter; print(exporter.__file__)")

    assert located.stdout.startswith(str(environment))


def test_every_module_of_the_wheel_can_be_imported(environment: Path) -> None:
    program = (
        "import importlib, pkgutil, exporter\n"
        "for module in pkgutil.walk_packages(betatel_exporter.__path__, 'betatel_exporter.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
    )

    imported = _run(environment / "bin" / "python", "-W", "error", "-c", program)

    assert (imported.returncode, imported.stderr) == (0, "")


def test_the_wheel_holds_the_package_its_types_and_its_licence_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    described = f"betatel_exporter-{__version__}.dist-info"

    assert {name.split("/")[0] for name in names} == {"betatel_exporter", described}
    assert {"betatel_exporter/py.typed", f"{described}/licenses/LICENSE"} <= set(names)


def test_every_dependency_is_locked_at_a_version_the_package_allows(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"betatel_exporter-{__version__}.dist-info/METADATA").decode()
    requirements = [Requirement(line) for line in HeaderParser().parsestr(text).get_all("Requires-Dist", [])]
    locked = dict(_locked("run"))

    assert len(requirements) > 10
    for requirement in requirements:
        assert requirement.specifier.contains(locked[requirement.name]), requirement


@pytest.mark.parametrize("name", ["build", "run", "dev"])
def test_every_locked_package_has_hashes_and_no_index_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    packages = text.replace("\\\n", "").splitlines()

    assert packages
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert "://" not in text


def _locked(name: str) -> list[tuple[str, str]]:
    lines = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8").splitlines()
    pinned = [line.split(";")[0].rstrip(" \\") for line in lines if not line.startswith(" ")]
    return [(name, version) for name, _, version in (line.partition("==") for line in pinned)]
