"""The program helm, and rendered objects as Kubernetes reads them."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.paths import program

Objects = list[Any]


class HelmError(Exception):
    """helm failed, or is not installed; the message is for the user."""


def helm(*arguments: str | Path, values: Any = None, environment: Mapping[str, str] | None = None) -> str:
    """What it prints. ``values`` override the chart's; the environment is PATH and what is given. Raises HelmError."""
    executable = program("helm")
    if executable is None:
        raise HelmError("helm is not installed: make tools")
    done = subprocess.run(  # noqa: S603  helm, with the arguments of these tools
        [executable, *arguments, *([] if values is None else ["--values=-"])],
        env={"PATH": os.environ.get("PATH", ""), **(environment or {})},
        input=json.dumps(values),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise HelmError(done.stderr.strip() or done.stdout.strip())
    return done.stdout


class _Loader(yaml.CSafeLoader):
    """Reads plain scalars as Go's YAML does: more of them are numbers and booleans than in PyYAML."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]$"), list("yYnN"))


def _boolean(_: _Loader, node: Any) -> bool:
    return str(node.value).lower() in {"true", "yes", "y", "on"}


def _string(_: _Loader, node: Any) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:bool", _boolean)
for tag in ("value", "merge"):  # of "=" and "<<"
    _Loader.add_constructor(f"tag:yaml.org,2002:{tag}", _string)


def parse(text: str) -> Objects:
    return [document for document in yaml.load_all(text, _Loader) if document is not None]
