"""Installs the chart on a real API server: every file of its ci folder, odd names, odd values, odd words.

The API server is built at the first run, in minutes, and kept in the user's cache folder.
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
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
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}


def cases() -> Iterator[Case]:
    for path in sorted((ROOT / CHART / "ci").glob("*-values.yaml")):
        yield Case(f"ci/{path.name}", yaml.safe_load(path.read_text(encoding="utf-8")))
    yield from NAMES
    yield from VALUES
    schema = json.loads((ROOT / CHART / "values.schema.json").read_text(encoding="utf-8"))
    for number, word in enumerate(WORDS):
        values = filled(schema, word, MONITORS[number % len(MONITORS)])
        yield Case(f"every value {word:.20}", values, restricted=False)


def objections(case: Case, chart: Path, api: Api) -> list[str]:
    """What is wrong when the case is validated, installed, its pods admitted, upgraded and uninstalled; raises HelmError."""

    def run(command: str, *arguments: str | Path, values: Any = None) -> str:
        where = [case.release, *arguments, f"--namespace={case.namespace}"]
        return helm(command, *where, values=values, environment=api.environment)

    values = {**LEAST, **case.values}
    objects = parse(run("template", chart, f"--kube-version={KUBERNETES}", values=values))
    for namespace in {
        case.namespace,
        *(item["metadata"].get("namespace", case.namespace) for item in objects),
    }:
        api.apply(_object("Namespace", namespace, labels=RESTRICTED), "")
        api.apply(_object("ServiceAccount", "default"), namespace)
    found = [fault for item in objects for fault in api.apply(item, case.namespace, **DRY_RUN)]
    try:
        run("install", chart, values=values)
        for item in objects:
            if item["kind"] == "Deployment":
                pod = _object("Pod", "pod", **item["spec"]["template"]["metadata"])
                pod["spec"] = item["spec"]["template"]["spec"]
                found += api.apply(pod, item["metadata"]["namespace"], **DRY_RUN)
        run("upgrade", chart, "--set=podAnnotations.upgraded=again,settings.timeout=9", values=values)
    except HelmError:
        with contextlib.suppress(HelmError):
            run("uninstall")
        raise
    run("uninstall")
    return [fault for fault in found if case.restricted or "PodSecurity" not in fault]


def _object(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **metadata}}


def check(chosen: list[Case]) -> int:
    """The number of cases that fail, each printed with what is wrong; raises ClusterError and ProcessError."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="betatel-exporter-cluster-") as name, running(Path(name)) as api:
        for definition in definitions():
            api.apply(definition, "")
            spec = definition["spec"]
            api.wait(f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}")
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
    words = parser.parse_args().only or [""]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # end the servers, as Ctrl-C does
    chosen = [case for case in cases() if any(word in case.name for word in words)]
    try:
        failed = check(chosen)
    except (ClusterError, ProcessError, HelmError) as error:
        sys.exit(str(error))
    print(f"{len(chosen) - failed} of {len(chosen)} passed")
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
