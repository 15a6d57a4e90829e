"""The version is written in one place; what repeats it agrees."""

import re

import yaml
from packaging.version import Version

from betatel_exporter import __version__
from tests.support.paths import ROOT


def test_the_chart_runs_this_version() -> None:
    chart = yaml.safe_load((ROOT / "helm/betatel-exporter/Chart.yaml").read_text(encoding="utf-8"))

    assert chart["appVersion"] == __version__


def test_the_newest_release_of_the_changelog_is_this_version_unless_it_is_a_candidate() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d.*?)\]", changelog, re.MULTILINE)

    assert versions[0] == __version__ or Version(__version__).is_prerelease
