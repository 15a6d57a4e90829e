"""One case: validated strictly, installed, its pods admitted, upgraded and uninstalled."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.chart.cluster.api import Api
from tools.chart.cluster.cases import LEAST, Case
from tools.chart.cluster.programs import KUBERNETES
from tools.chart.objects import parse

UPGRADED = "podAnnotations.upgraded=again,settings.timeout=9"


class HelmError(Exception):
    """helm failed; the message is what it printed."""


@dataclass(frozen=True)
class Helm:
    program: str
    chart: Path
    kubeconfig: Path
    home: Path

    def run(self, command: str, case: Case, *arguments: str) -> str:
        """What a command on the case's release prints; raises HelmError."""
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
        """The same for a command that takes the chart and the case's values."""
        values = self.home / "values.json"
        values.write_text(json.dumps({**LEAST, **case.values}), encoding="utf-8")
        return self.run(command, case, str(self.chart), "--values", str(values), *arguments)


@dataclass(frozen=True)
class Check:
    """The steps; each returns what is wrong, or raises HelmError."""

    case: Case
    helm: Helm
    api: Api

    def validate(self) -> list[str]:
        rendered = self.helm.render("template", self.case, f"--kube-version={KUBERNETES}")
        return self._relevant(
            fault for item in parse(rendered) for fault in self.api.try_apply(item, self.case.namespace)
        )

    def install(self) -> list[str]:
        self.helm.render("install", self.case)
        return []

    def admit_pods(self) -> list[str]:
        """The pod that the Deployment would make, and the one of ``helm test``."""
        objects = parse(self.helm.run("get manifest", self.case))
        pods = [_pod(item) for item in objects if item["kind"] == "Deployment"]
        hooks = [item for item in parse(self.helm.run("get hooks", self.case)) if item["kind"] == "Pod"]
        return self._relevant(fault for pod in (*pods, *hooks) for fault in self.api.try_create(pod))

    def upgrade(self) -> list[str]:
        self.helm.render("upgrade", self.case, "--set", UPGRADED)
        return []

    def uninstall(self) -> list[str]:
        self.helm.run("uninstall", self.case)
        return []

    def _relevant(self, faults: Iterator[str]) -> list[str]:
        return [fault for fault in faults if self.case.restricted or "PodSecurity" not in fault]


STEPS: Mapping[str, Callable[[Check], list[str]]] = {
    "validate": Check.validate,
    "install": Check.install,
    "pods": Check.admit_pods,
    "upgrade": Check.upgrade,
    "uninstall": Check.uninstall,
}


@dataclass(frozen=True)
class Result:
    case: Case
    passed: tuple[str, ...]
    """Names of steps."""
    fault: str = ""
    """Of the step after those."""


def check(case: Case, helm: Helm, api: Api) -> Result:
    """The steps up to the first that fails; what is installed by then is uninstalled."""
    passed: list[str] = []
    for name, step in STEPS.items():
        fault = _fault(step, Check(case, helm, api))
        if fault:
            if "install" in passed:
                _fault(Check.uninstall, Check(case, helm, api))
            return Result(case, tuple(passed), fault)
        passed.append(name)
    return Result(case, tuple(passed))


def _fault(step: Callable[[Check], list[str]], checked: Check) -> str:
    try:
        return "\n".join(step(checked))
    except HelmError as error:
        return str(error)


def _pod(deployment: Any) -> dict[str, Any]:
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    own = {"name": metadata["name"], "namespace": metadata["namespace"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], **own},
        "spec": template["spec"],
    }
