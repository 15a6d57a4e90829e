"""The workflows are valid, run pinned actions, and test every version of Python that the package names."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.support.paths import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))


def test_the_schemas_accept_workflows_dependency_updates_and_issue_forms() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    for schema, paths in (
        ("github-workflows", WORKFLOWS),
        ("dependabot", [GITHUB / "dependabot.yml"]),
        ("github-issue-forms", [GITHUB / "ISSUE_TEMPLATE" / "bug.yml"]),
        ("github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ):
        command = [str(program), "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert checked.returncode == 0, checked.stdout


def test_every_action_is_pinned_to_a_commit_and_names_its_version() -> None:
    used = [line for path in WORKFLOWS for line in re.findall(r"uses: ([^.].*)", path.read_text())]

    assert used
    assert [line for line in used if not re.fullmatch(r"[\w/.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_every_python_of_the_classifiers_is_tested() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    workflow = yaml.safe_load((GITHUB / "workflows/test.yml").read_text(encoding="utf-8"))

    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == named
