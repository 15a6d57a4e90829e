"""The workflows are valid, run pinned actions with few permissions, and nothing is released untested."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"


def _jobs(name: str) -> Any:
    return yaml.safe_load((ROOT / ".github/workflows" / name).read_text(encoding="utf-8"))["jobs"]


def test_the_schemas_accept_workflows_dependency_updates_and_issue_forms() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    for schema, paths in (
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [ROOT / ".github/dependabot.yml"]),
        ("vendor.github-issue-forms", [TEMPLATES / "bug.yml", TEMPLATES / "feature.yml"]),
        ("vendor.github-issue-config", [TEMPLATES / "config.yml"]),
    ):
        command: list[str | Path] = [program, "--builtin-schema", schema, *paths]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert checked.returncode == 0, checked.stdout


def test_every_action_is_pinned_to_a_commit_and_names_its_version() -> None:
    used = [
        line for path in WORKFLOWS for line in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    ]
    remote = [line for line in used if not line.startswith("./")]

    assert remote
    assert [
        line for line in remote if not re.fullmatch(r"[\w/.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ] == []


def test_only_jobs_that_publish_or_propose_may_write() -> None:
    writing = set()
    for path in WORKFLOWS:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert document["permissions"] in ({}, {"contents": "read"}), path.name
        writing |= {
            (path.stem, name, permission)
            for name, job in document["jobs"].items()
            for permission, level in job.get("permissions", {}).items()
            if level == "write" and permission not in {"id-token", "attestations"}
        }

    assert writing == {
        ("release", "image", "packages"),
        ("release", "chart", "packages"),
        ("release", "release", "contents"),
        ("weekly", "locks", "contents"),
        ("weekly", "locks", "pull-requests"),
        ("weekly", "locks", "actions"),
    }


def test_every_python_of_the_classifiers_is_tested() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)

    assert _jobs("test.yml")["test"]["strategy"]["matrix"]["python"] == named


def test_a_release_waits_for_the_tests() -> None:
    jobs = _jobs("release.yml")

    def waits_for(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*(waits_for(other) for other in direct))

    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert [name for name in jobs if name != "test" and "test" not in waits_for(name)] == []
    assert {"files", "image", "chart"} <= waits_for("release")
