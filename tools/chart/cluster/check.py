"""One case: validated strictly, installed, its pods admitted, upgraded and uninstalled."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.chart.cluster.api import Api
from tools.chart.cluster.cases import Case
from tools.chart.cluster.programs import KUBERNETES
from tools.chart.objects import parse

LEAST: Mapping[str, Any] = {
    "image": {"registry": "registry.example.com", "repository": "betatel-exporter"},
    "accounts": {"default": {"accountId": "675aed61", "apiKey": "not-a-real-key"}},
}
STEPS = ("validate", "install", "pods", "upgrade", "uninstall")
Fault = str


@dataclass(frozen=True)
class Result:
    case: Case
    faults: Mapping[str, Fault]
    """By step; steps after the first fault are not taken."""


class HelmError(Exception):
    """helm failed; the message is what it printed."""


@dataclass(frozen=True)
class Helm:
    program: str
    chart: Path
    kubeconfig: Path
    home: Path

    def run(self, command: str, case: Case, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603  the program is the caller's choice
            [self.program, *command.split(), case.release, *arguments, "--namespace", case.namespace],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise HelmError(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def render(self, command: str, case: Case, *arguments: str) -> str:
        """A command that takes the chart with the case's values."""
        values = self.home / "values.json"
        values.write_text(json.dumps({**LEAST, **case.values}), encoding="utf-8")
        return self.run(command, case, str(self.chart), "--values", str(values), *arguments)


def check(case: Case, helm: Helm, api: Api) -> Result:
    steps: Mapping[str, Callable[[], list[Fault]]] = {
        "validate": lambda: [
            fault
            for item in parse(helm.render("template", case, f"--kube-version={KUBERNETES}"))
            for fault in api.try_apply(item, case.namespace)
            if case.restricted or "PodSecurity" not in fault
        ],
        "install": lambda: _none(helm.render("install", case)),
        "pods": lambda: [
            fault
            for pod in _pods(helm, case)
            for fault in api.try_create(pod)
            if case.restricted or "PodSecurity" not in fault
        ],
        "upgrade": lambda: _none(
            helm.render("upgrade", case, "--set", "podAnnotations.upgraded=again,settings.timeout=9")
        ),
        "uninstall": lambda: _none(helm.run("uninstall", case)),
    }
    faults: dict[str, Fault] = {}
    for name, step in steps.items():
        if faults and name != "uninstall":
            continue
        try:
            found = step()
        except HelmError as error:
            found = [str(error)]
        if found and not (faults and name == "uninstall"):
            faults[name] = "\n".join(found)
    return Result(case, faults)


def _none(_: str) -> list[Fault]:
    return []


def _pods(helm: Helm, case: Case) -> Iterator[Any]:
    """The pod that the Deployment would make, and the one of ``helm test``."""
    for item in parse(helm.run("get manifest", case)):
        if item["kind"] == "Deployment":
            metadata = item["metadata"]
            own = {"name": metadata["name"], "namespace": metadata["namespace"]}
            template = item["spec"]["template"]
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {**template["metadata"], **own},
                "spec": template["spec"],
            }
    yield from (item for item in parse(helm.run("get hooks", case)) if item["kind"] == "Pod")
