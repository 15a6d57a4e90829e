"""Installs the chart on a real API server: every file of its ci folder, odd names, odd values, odd words.

The API server is built at the first run, in minutes, and kept in the user's cache folder.
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.chart.build import CHART
from tools.chart.cluster.api import Api, running
from tools.chart.cluster.cases import LEAST, NAMES, VALUES, Case
from tools.chart.cluster.programs import KUBERNETES, ClusterError
from tools.chart.cluster.words import MONITORS, WORDS, filled
from tools.chart.crds import definitions
from tools.chart.helm import HelmError, helm, parse
from tools.paths import ROOT
from tools.process import ProcessError

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("warn", "enforce")}
SYSTEM_PRIORITY = "system-cluster-critical"


def cases() -> Iterator[Case]:
    for path in sorted((ROOT / CHART / "ci").glob("*-values.yaml")):
        yield Case(f"ci/{path.name}", yaml.safe_load(path.read_text(encoding="utf-8")))
    yield from NAMES
    yield from VALUES
    schema = json.loads((ROOT / CHART / "values.schema.json").read_text(encoding="utf-8"))
    for number, word in enumerate(WORDS):
        values = filled(schema, word, MONITORS[number % len(MONITORS)])
        yield Case(f"every value {word:.20}", values, restricted=False)


def prepare(api: Api, chosen: Sequence[Case]) -> None:
    """What a cluster has before the chart is installed, controllers' work included."""
    for definition in definitions():
        api.create(definition)
        spec = definition["spec"]
        api.wait(f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}")

    def create(version: str, kind: str, name: str, **fields: Any) -> None:
        api.create({"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields})

    for name in sorted({name for case in chosen for name in namespaces(case)}):
        create("v1", "Namespace", name, metadata={"name": name, "labels": RESTRICTED})
        create("v1", "ServiceAccount", "default", metadata={"name": "default", "namespace": name})
    for name in sorted({case.values.get("priorityClassName", "") for case in chosen} - {"", SYSTEM_PRIORITY}):
        create("scheduling.k8s.io/v1", "PriorityClass", name, value=1)
    for name in sorted({case.values.get("runtimeClassName", "") for case in chosen} - {""}):
        create("node.k8s.io/v1", "RuntimeClass", name, handler="runc")


def namespaces(case: Case) -> set[str]:
    sections = [section for section in case.values.values() if isinstance(section, Mapping)]
    named = [case.values.get("namespaceOverride"), *(section.get("namespace") for section in sections)]
    return {case.namespace, *filter(None, named)}


def objections(case: Case, chart: Path, api: Api) -> list[str]:
    """What the server objects to when the case is validated, installed, its pods admitted, upgraded and uninstalled."""

    def run(command: str, *arguments: str | Path, values: Any = None) -> str:
        where = [case.release, *arguments, f"--namespace={case.namespace}"]
        return helm(command, *where, values=values, environment=api.environment)

    values = {**LEAST, **case.values}
    objects = parse(run("template", chart, f"--kube-version={KUBERNETES}", values=values))
    found = [fault for item in objects for fault in api.objections(item, case.namespace)]
    try:
        run("install", chart, values=values)
        found += [fault for pod in _pods(objects) for fault in api.objections(pod, case.namespace)]
        run("upgrade", chart, "--set=podAnnotations.upgraded=again,settings.timeout=9", values=values)
    except HelmError:
        with contextlib.suppress(HelmError):
            run("uninstall")
        raise
    run("uninstall")
    return [fault for fault in found if case.restricted or "PodSecurity" not in fault]


def _pods(objects: Sequence[Any]) -> Iterator[Any]:
    """Those that Deployments would make."""
    for item in objects:
        if item["kind"] == "Deployment":
            template = item["spec"]["template"]
            name = {key: item["metadata"][key] for key in ("name", "namespace")}
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                **template,
                "metadata": {**template["metadata"], **name},
            }


def check(chosen: Sequence[Case]) -> int:
    """The number of cases that failed, each printed with what is wrong. Raises ClusterError and ProcessError."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="betatel-exporter-cluster-") as name, running(Path(name)) as api:
        prepare(api, chosen)
        helm("package", ROOT / CHART, "--destination", name)
        (chart,) = Path(name).glob("betatel-exporter-*.tgz")
        for case in chosen:
            try:
                found = objections(case, chart, api)
            except HelmError as error:
                found = [str(error)]
            failed += bool(found)
            print("\n".join([f"{'FAIL' if found else 'ok':4} {case.name}", *found]), flush=True)
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.chart.cluster", description=__doc__)
    parser.add_argument("only", nargs="*", help="words of which a case's name must have one")
    words = parser.parse_args().only
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # end the servers, as Ctrl-C does
    chosen = [case for case in cases() if not words or any(word in case.name for word in words)]
    if not chosen:
        parser.error(f"no case has {' or '.join(words)} in its name")
    try:
        failed = check(chosen)
    except (ClusterError, ProcessError, HelmError) as error:
        sys.exit(str(error))
    print(f"{len(chosen) - failed} of {len(chosen)} passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
