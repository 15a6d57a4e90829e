"""The rendered chart: its objects, read as Kubernetes reads them."""

import copy
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from tests.support.paths import ROOT
from tools.chart.build import CHART as CHART_PATH
from tools.chart.cluster.check import LEAST
from tools.chart.crds import SCHEMAS

CHART = ROOT / CHART_PATH
CASES = {path.name: yaml.safe_load(path.read_text()) for path in sorted((CHART / "ci").glob("*-values.yaml"))}
"""Values by the name of their file."""

Objects = list[Any]
KUBERNETES = ("--kube-version=1.31",)
"""A helm that "go install" built assumes a version from before the chart's time."""
CRDS = {
    path.stem: jsonschema.Draft7Validator(json.loads(path.read_text()))
    for path in (ROOT / SCHEMAS).glob("*.json")
}


class KubernetesLoader(yaml.CSafeLoader):
    """Reads plain scalars as Go's YAML does: more of them are numbers and booleans than in PyYAML."""


KubernetesLoader.yaml_implicit_resolvers = copy.deepcopy(yaml.CSafeLoader.yaml_implicit_resolvers)
KubernetesLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
KubernetesLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]$"), list("yYnN"))


def _boolean(_: KubernetesLoader, node: Any) -> bool:
    return str(node.value).lower() in {"true", "yes", "y", "on"}


def _string(_: KubernetesLoader, node: Any) -> str:
    return str(node.value)


yaml.add_constructor("tag:yaml.org,2002:bool", _boolean, KubernetesLoader)
for tag in ("value", "merge"):  # of "=" and "<<"
    yaml.add_constructor(f"tag:yaml.org,2002:{tag}", _string, KubernetesLoader)


def parse(text: str) -> Objects:
    return [document for document in yaml.load_all(text, KubernetesLoader) if document is not None]


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


def objections(objects: Objects, kubernetes: str) -> Iterator[str]:
    """What Kubernetes of a version, and the operators, have against objects: unknown fields and wrong types."""
    for item in objects:
        where = f"{item['kind']} {item['metadata']['name']}"
        if item["kind"] in CRDS:
            yield from (f"{where}: {error.message}" for error in CRDS[item["kind"]].iter_errors(item))
        else:
            try:
                kubernetes_validate.validate(item, kubernetes, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{where}: {'.'.join(map(str, error.path))}: {error.message}"


def every_case(helm: Helm) -> Iterator[tuple[str, Objects]]:
    for name in CASES:
        yield name, helm.objects(name)
