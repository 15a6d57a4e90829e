"""The rendered chart: its objects, read as Kubernetes reads them."""

import functools
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from kubernetes_validate.utils import all_versions, schema_contents
from referencing import Registry, Resource

from tests.support.paths import ROOT
from tools.chart.build import CHART as CHART_PATH
from tools.chart.cluster.cases import LEAST
from tools.chart.crds import SCHEMAS
from tools.chart.objects import Objects, parse

CHART = ROOT / CHART_PATH
CASES = {path.name: yaml.safe_load(path.read_text()) for path in sorted((CHART / "ci").glob("*-values.yaml"))}
"""Values by the name of their file."""

KUBERNETES = ("--kube-version=1.31",)
"""A helm that "go install" built assumes a version from before the chart's time."""
CRDS = {
    path.stem: jsonschema.Draft7Validator(json.loads(path.read_text()))
    for path in (ROOT / SCHEMAS).glob("*.json")
}


def one(objects: Objects, kind: str) -> Any:
    (found,) = (item for item in objects if item["kind"] == kind)
    return found


def pod(objects: Objects) -> Any:
    return one(objects, "Deployment")["spec"]["template"]["spec"]


def container(objects: Objects) -> Any:
    return pod(objects)["containers"][0]


def configuration_text(objects: Objects) -> str:
    (text,) = (item["data"]["config.yml"] for item in objects if "config.yml" in item.get("data", {}))
    return str(text)


def pods(objects: Objects) -> Iterator[Any]:
    """The exporter's and the test's."""
    yield pod(objects)
    yield one(objects, "Pod")["spec"]


@dataclass
class Helm:
    """helm with settings of its own; what it installs stays in its memory."""

    program: str
    home: Path
    _rendered: dict[str, Objects] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.program, *map(str, arguments)],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "HELM_DRIVER": "memory",
                "HELM_MEMORY_DRIVER_DATA": str(self.home / "releases.yaml"),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def template(
        self,
        values: str | Mapping[str, Any],
        *arguments: str,
        chart: Path = CHART,
        release: str = "rel",
        namespace: str = "apps",
    ) -> "subprocess.CompletedProcess[str]":
        """With a file of the ci folder by its name, or with values in place of the same keys of the least that works."""
        shown = CASES[values] if isinstance(values, str) else {**LEAST, **values}
        path = self.home / "values.json"
        path.write_text(json.dumps(shown), encoding="utf-8")
        return self(
            "template",
            release,
            chart,
            f"--namespace={namespace}",
            f"--values={path}",
            *KUBERNETES,
            *arguments,
        )

    def objects(self, values: str | Mapping[str, Any], *arguments: str, **where: Any) -> Objects:
        """What the template renders, which nobody may change."""
        key = json.dumps([values, arguments, {name: str(value) for name, value in where.items()}])
        if key not in self._rendered:
            done = self.template(values, *arguments, **where)
            assert done.returncode == 0, done.stderr
            self._rendered[key] = parse(done.stdout)
        return self._rendered[key]

    def faults(self, values: Mapping[str, Any]) -> list[str]:
        """The lines with which values are refused."""
        done = self.template(values)
        assert "not-a-real-key" not in done.stderr
        return [line.removeprefix("- ") for line in done.stderr.splitlines() if line.startswith("- ")]


def objections(objects: Objects, kubernetes: str = "1.31") -> list[str]:
    """What Kubernetes of a version, and the operators, have against objects: unknown fields and wrong types."""
    found = []
    for item in objects:
        where = f"{item['kind']} {item['metadata']['name']}"
        found += [f"{where}: the key {key!r} is no text" for key in _keys(item) if not isinstance(key, str)]
        errors = _validator(item["kind"], item["apiVersion"], kubernetes).iter_errors(item)
        found += [f"{where}: {'.'.join(map(str, error.path))}: {error.message}" for error in errors]
    return found


def _keys(value: Any) -> Iterator[Any]:
    children: Any = value if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield from value
        children = value.values()
    for child in children:
        yield from _keys(child)


@functools.cache
def _validator(kind: str, api_version: str, kubernetes: str) -> jsonschema.protocols.Validator:
    if kind in CRDS:
        return CRDS[kind]
    version = next(known for known in all_versions() if known.startswith(f"{kubernetes}."))
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    group = re.sub(r"^([^./]*)(\.[^/]*)?/", r"\1-", api_version)
    schema = schema_contents(f"{folder}/{kind.lower()}-{group}.json", kubernetes)
    definitions = Resource.from_contents(schema_contents(f"{folder}/_definitions.json", kubernetes))
    return jsonschema.Draft202012Validator(schema, registry=definitions @ Registry())


def every_case(helm: Helm) -> Iterator[tuple[str, Objects]]:
    for name in CASES:
        yield name, helm.objects(name)
