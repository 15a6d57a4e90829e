"""The rendered chart, and what Kubernetes and the operators object to in it."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
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
from tools.chart.helm import HelmError, Objects, helm, parse

CHART = ROOT / CHART_PATH
CASES = {path.name: yaml.safe_load(path.read_text()) for path in sorted((CHART / "ci").glob("*-values.yaml"))}
"""Values by the name of their file."""
CRDS = {
    path.stem: jsonschema.Draft7Validator(json.loads(path.read_text()))
    for path in (ROOT / SCHEMAS).glob("*.json")
}


class Chart:
    """Renders the chart, each combination once."""

    def __init__(self) -> None:
        self._rendered: dict[str, Objects] = {}

    def objects(
        self,
        values: str | Mapping[str, Any] = "default-values.yaml",
        chart: Path = CHART,
        release: str = "rel",
        namespace: str = "apps",
        kubernetes: str = "1.31",
    ) -> Objects:
        """Of a file of the ci folder, or of values in place of the same keys of the least that works; not to be changed."""
        shown = CASES[values] if isinstance(values, str) else {**LEAST, **values}
        where = [release, str(chart), f"--namespace={namespace}", f"--kube-version={kubernetes}"]
        key = json.dumps([shown, where])
        if key not in self._rendered:
            self._rendered[key] = parse(helm("template", *where, values=shown))
        return self._rendered[key]

    def cases(self) -> Iterator[tuple[str, Objects]]:
        for name in CASES:
            yield name, self.objects(name)

    def refusal(self, values: Mapping[str, Any]) -> str:
        """What helm prints for values that it refuses; empty if it accepts them."""
        try:
            self.objects(values)
        except HelmError as error:
            return str(error)
        return ""


def one(objects: Objects, kind: str) -> Any:
    (found,) = (item for item in objects if item["kind"] == kind)
    return found


def pod(objects: Objects) -> Any:
    return one(objects, "Deployment")["spec"]["template"]["spec"]


def container(objects: Objects) -> Any:
    return pod(objects)["containers"][0]


def objections(objects: Objects, kubernetes: str = "1.31") -> list[str]:
    """Unknown fields, wrong types, and keys that are no strings."""
    found = []
    for item in objects:
        where = f"{item['kind']} {item['metadata']['name']}"
        found += [f"{where}: the key {key!r} is no string" for key in _keys(item) if not isinstance(key, str)]
        errors = _validator(item["kind"], item["apiVersion"], kubernetes).iter_errors(item)
        found += [f"{where}: {error.json_path}: {error.message}" for error in errors]
    return found


def _keys(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    for child in value if isinstance(value, list) else []:
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
