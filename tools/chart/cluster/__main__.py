"""Installs the chart on a real API server: every file of its ci folder, odd names, odd values, odd words. Prints a table.

The API server is built at the first run, in minutes, and kept in the user's cache folder.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.chart.build import CHART
from tools.chart.cluster.api import Api, running
from tools.chart.cluster.cases import NAMES, VALUES, Case
from tools.chart.cluster.check import STEPS, Helm, Result, check
from tools.chart.cluster.errors import ClusterError
from tools.chart.cluster.words import MONITORS, WORDS, filled
from tools.chart.crds import definitions
from tools.chart.helm import HelmNotFoundError, find_helm
from tools.paths import ROOT

RESTRICTED = "pod-security.kubernetes.io"
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


def run(folder: Path, chosen: Sequence[Case]) -> Iterator[Result]:
    """Raises ClusterError and HelmNotFoundError."""
    program = find_helm()
    with running(folder) as api:
        prepare(api, chosen)
        helm = Helm(program, _packaged(program, folder), api.kubeconfig, folder)
        for case in chosen:
            yield check(case, helm, api)


def prepare(api: Api, chosen: Sequence[Case]) -> None:
    """What a cluster has before the chart is installed, controllers' work included."""
    for definition in definitions():
        api.establish(definition)
    for name in sorted({name for case in chosen for name in namespaces(case)}):
        levels = {f"{RESTRICTED}/{mode}": "restricted" for mode in ("warn", "enforce")}
        api.create(_object("v1", "Namespace", name, labels=levels))
        api.create(_object("v1", "ServiceAccount", "default", namespace=name))
    for name in sorted({case.values.get("priorityClassName", "") for case in chosen} - {"", SYSTEM_PRIORITY}):
        api.create({**_object("scheduling.k8s.io/v1", "PriorityClass", name), "value": 1})
    for name in sorted({case.values.get("runtimeClassName", "") for case in chosen} - {""}):
        api.create({**_object("node.k8s.io/v1", "RuntimeClass", name), "handler": "runc"})


def namespaces(case: Case) -> set[str]:
    sections = [section for section in case.values.values() if isinstance(section, Mapping)]
    named = [case.values.get("namespaceOverride"), *(section.get("namespace") for section in sections)]
    return {case.namespace, *filter(None, named)}


def table(results: Sequence[Result]) -> str:
    width = max(len(result.case.name) for result in results)
    lines = [" ".join(["case".ljust(width), *STEPS])]
    for result in results:
        after = "FAILED" if result.fault else "ok"
        marks = ["ok"] * len(result.passed) + [after] + ["-"] * len(STEPS)
        columns = (mark.ljust(len(step)) for mark, step in zip(marks, STEPS, strict=False))
        lines.append(" ".join([result.case.name.ljust(width), *columns]).rstrip())
    return "\n".join(lines)


def _object(version: str, kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **metadata}}


def _packaged(helm: str, folder: Path) -> Path:
    subprocess.run(  # noqa: S603  the program is the caller's choice
        [helm, "package", ROOT / CHART, "--destination", folder], check=True, capture_output=True, timeout=60
    )
    (package,) = folder.glob("betatel-exporter-*.tgz")
    return package


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.chart.cluster", description=__doc__)
    parser.add_argument("only", nargs="*", help="words of which a case's name must have one")
    words = parser.parse_args().only
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # end the servers, as Ctrl-C does
    chosen = [case for case in cases() if not words or any(word in case.name for word in words)]
    if not chosen:
        parser.error(f"no case has {' or '.join(words)} in its name")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="betatel-exporter-cluster-") as folder:
        try:
            results = list(run(Path(folder), chosen))
        except (ClusterError, HelmNotFoundError) as error:
            print(error, file=sys.stderr)
            return 2
    print(table(results))
    failed = [result for result in results if result.fault]
    for result in failed:
        print(f"\n{result.case.name}\n{result.fault}")
    print(f"\n{len(results) - len(failed)} of {len(results)} passed in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
