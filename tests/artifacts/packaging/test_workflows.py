"""The workflows are ones that GitHub understands, run nothing that could change under them, and may do little."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def _validate(path: Path, schema: str = "vendor.github-workflows") -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).parent / "check-jsonschema"
    return subprocess.run(
        [program, "--builtin-schema", schema, path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_github_understands_every_workflow(workflow: Path) -> None:
    validated = _validate(workflow)

    assert validated.returncode == 0, validated.stdout


def test_github_understands_what_keeps_the_pins_fresh() -> None:
    validated = _validate(ROOT / ".github" / "dependabot.yml", "vendor.dependabot")

    assert validated.returncode == 0, validated.stdout


def test_a_mistyped_key_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "test.yml"
    path.write_text("name: x\non: push\njobs: {a: {runs-on: x, step: []}}\n", encoding="utf-8")

    assert _validate(path).returncode != 0


def test_every_action_is_pinned_to_a_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", workflow.read_text(encoding="utf-8"))

    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), "the version that the commit is"


def test_every_permission_is_asked_for_and_only_the_release_may_write(workflow: Path) -> None:
    document: Any = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    writes = {
        (name, permission)
        for name, job in document["jobs"].items()
        for permission, level in job.get("permissions", {}).items()
        if level == "write"
    }

    assert document["permissions"] in ({}, {"contents": "read"})
    if workflow.name == "release.yml":
        signed = {(job, "id-token") for job in ("wheel", "image", "chart")}
        assert writes == {*signed, ("wheel", "attestations"), ("release", "contents")}
    else:
        assert writes == set()


def test_every_python_that_the_package_names_is_tested() -> None:
    document: Any = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    named = re.findall(
        r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )

    assert document["jobs"]["test"]["strategy"]["matrix"]["python"] == named


def test_a_release_waits_for_the_tests() -> None:
    jobs: Any = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]

    def waits_for(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*(waits_for(other) for other in direct))

    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert all("test" in waits_for(name) for name in jobs if name != "test")
    assert waits_for("release") == set(jobs) - {"release"}
