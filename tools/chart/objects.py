"""Rendered objects, read as Kubernetes reads them."""

import copy
import re
from typing import Any

import yaml

Objects = list[Any]


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
