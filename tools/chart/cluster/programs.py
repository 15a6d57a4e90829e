"""kube-apiserver, built from its Go module, and etcd, from Debian's package; both kept in the user's cache folder."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.chart.cluster.errors import ClusterError

KUBERNETES = "1.33.4"
GO_MOD = """\
module cluster

go 1.24.0

godebug default=go1.24

require k8s.io/kubernetes v{version}

replace (
{replacements}
)
"""
STAGED = re.compile(r"^\t(k8s\.io/[a-z-]+) => \./staging/", re.MULTILINE)


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "betatel-exporter"


def kube_apiserver() -> Path:
    """Built at the first call, which takes minutes; raises ClusterError."""
    program = cache() / f"kube-apiserver-v{KUBERNETES}" / "kube-apiserver"
    if not program.exists():
        if shutil.which("go") is None:
            raise ClusterError("building kube-apiserver needs Go 1.24 or newer: go.dev/dl")
        print(
            f"building kube-apiserver {KUBERNETES} into {program.parent}, once; this takes minutes",
            flush=True,
        )
        program.parent.mkdir(parents=True, exist_ok=True)
        _build(program)
    return program


def etcd() -> Path:
    """The installed one, or Debian's, downloaded and unpacked; raises ClusterError."""
    installed = shutil.which("etcd")
    if installed:
        return Path(installed)
    folder = cache() / "etcd"
    program = folder / "usr" / "bin" / "etcd"
    if not program.exists():
        print(f"downloading Debian's etcd-server into {folder}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        _run(["apt-get", "download", "etcd-server"], folder)
        (package,) = folder.glob("etcd-server_*.deb")
        _run(["dpkg-deb", "--extract", str(package), str(folder)], folder)
        package.unlink()
    return program


def _build(program: Path) -> None:
    """A module that requires Kubernetes' must repeat the replacements of its go.mod, with versions in place of folders."""
    environment = {"GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    source = f"k8s.io/kubernetes@v{KUBERNETES}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        downloaded = json.loads(_run(["go", "mod", "download", "-json", source], folder, environment))
        staged = STAGED.findall(Path(downloaded["GoMod"]).read_text(encoding="utf-8"))
        version = KUBERNETES.replace("1.", "v0.", 1)
        replacements = "\n".join(f"\t{module} => {module} {version}" for module in staged)
        (folder / "go.mod").write_text(GO_MOD.format(version=KUBERNETES, replacements=replacements))
        (folder / "main.go").write_text(
            'package main\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver/app"\n'
        )
        unfinished = program.with_suffix(".new")
        _run(
            [
                *("nice", "-n", "19", "go", "build", "-trimpath", "-ldflags", _version_flags()),
                *("-o", str(unfinished), "k8s.io/kubernetes/cmd/kube-apiserver"),
            ],
            folder,
            environment,
        )
        unfinished.rename(program)


def _version_flags() -> str:
    major, minor, _ = KUBERNETES.split(".")
    values = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    return "-s -w " + " ".join(
        f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items()
    )


def _run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    program = command[0]
    if shutil.which(program) is None:
        raise ClusterError(f"{program} is not installed")
    done = subprocess.run(  # noqa: S603  commands of this module
        command,
        cwd=folder,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ClusterError(f"{' '.join(command[:4])} failed:\n{done.stdout[-500:]}{done.stderr[-2000:]}")
    return done.stdout
