"""The wheel is complete: it installs into an empty environment, without a network, and works there."""

import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from betatel_exporter import __version__
from tests.support.paths import ROOT

DESCRIBED = f"betatel_exporter-{__version__}.dist-info"


def _run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, env={}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return HeaderParser().parsestr(archive.read(f"{DESCRIBED}/METADATA").decode())


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; its dependencies are those of this one, because there may be no network."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", folder, "install", "--quiet")
    _run(*pip, "--no-index", "--no-deps", wheel)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


def test_the_installed_command_and_module_work(environment: Path) -> None:
    programs = environment / "bin"

    assert (
        _run(programs / "betatel-exporter", "--version", cwd=programs) == f"betatel-exporter {__version__}\n"
    )
    assert "betatel-exporter" in _run(programs / "python", "-m", "betatel_exporter", "--help", cwd=programs)


def test_every_module_of_the_wheel_can_be_imported(environment: Path) -> None:
    program = (
        "import importlib, pkgutil, betatel_exporter\n"
        "for module in pkgutil.walk_packages(betatel_exporter.__path__, 'betatel_exporter.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(betatel_exporter.__file__)\n"
    )

    imported_from = _run(environment / "bin" / "python", "-W", "error", "-c", program, cwd=environment)

    assert imported_from.startswith(str(environment))


def test_the_wheel_holds_the_package_its_types_and_its_licence_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names} == {"betatel_exporter", DESCRIBED}
    assert {"betatel_exporter/py.typed", f"{DESCRIBED}/licenses/LICENSE"} <= set(names)


def test_an_index_page_shows_the_readme_without_a_relative_link(metadata: Message) -> None:
    readme = metadata.get_payload()
    links = re.findall(r'\]\(([^)]*)\)|(?:src|srcset|href)="([^"]*)"', str(readme))

    assert links
    assert [link for pair in links for link in pair if link and not link.startswith(("https://", "#"))] == []


def test_every_dependency_is_locked_at_an_allowed_version(metadata: Message) -> None:
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    lock = (ROOT / "requirements/run.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))

    assert len(requirements) > 10
    for requirement in requirements:
        assert requirement.specifier.contains(locked[requirement.name]), requirement


def test_every_locked_package_has_hashes_and_no_index_is_named() -> None:
    for name in ("build", "run", "dev"):
        text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
        packages = text.replace("\\\n", "").splitlines()

        assert packages
        assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []
        assert "://" not in text
