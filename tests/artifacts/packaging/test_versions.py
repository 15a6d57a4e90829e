"""The version stands in one place; whatever repeats it agrees."""

import re
import tomllib

import yaml

from betatel_exporter import __version__
from tests.support.paths import ROOT


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_package_takes_its_version_from_the_code() -> None:
    project = tomllib.loads(_read("pyproject.toml"))

    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "exporter/betatel_exporter/__init__.py"}


def test_the_chart_has_the_version_of_the_code() -> None:
    chart = yaml.safe_load(_read("helm/betatel-exporter/Chart.yaml"))

    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_the_image_is_labelled_with_the_version_of_the_code() -> None:
    assert re.findall(r"^ARG VERSION=(.*)$", _read("Dockerfile"), re.MULTILINE) == [__version__]


def test_the_newest_entry_of_the_changelog_is_the_version_of_the_code() -> None:
    headings = re.findall(r"^## \[(.*?)\]", _read("CHANGELOG.md"), re.MULTILINE)

    assert next(heading for heading in headings if heading != "Unreleased") == __version__
