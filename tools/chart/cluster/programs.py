"""kube-apiserver, built from its Go module, and etcd, from Debian's package; both kept in the user's cache folder."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

KUBERNETES = "1.33.4"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "betatel-exporter"
MAIN = "k8s.io/kubernetes/cmd/kube-apiserver"
STAGED = re.compile(r"^\t(k8s\.io/[a-z-]+) => \./staging/", re.MULTILINE)


class ClusterError(Exception):
    """The cluster cannot be started, or does not answer as expected; the message is for its user."""


def kube_apiserver() -> Path:
    """Built at the first call, which takes minutes; raises ClusterError."""
    program = CACHE / f"kube-apiserver-v{KUBERNETES}" / "kube-apiserver"
    if not program.exists():
        print(f"building {program}, once; this takes minutes", flush=True)
        program.parent.mkdir(parents=True, exist_ok=True)
        _build(program)
    return program


def etcd() -> Path:
    """The installed one, or Debian's, downloaded and unpacked; raises ClusterError."""
    if installed := shutil.which("etcd"):
        return Path(installed)
    folder = CACHE / "etcd"
    program = folder / "usr" / "bin" / "etcd"
    if not program.exists():
        print(f"downloading Debian's etcd-server into {folder}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        _run(folder, "apt-get", "download", "etcd-server")
        (package,) = folder.glob("etcd-server_*.deb")
        _run(folder, "dpkg-deb", "--extract", str(package), str(folder))
        package.unlink()
    return program


def _build(program: Path) -> None:
    """A module that requires Kubernetes' must repeat the replacements of its go.mod, with versions in place of folders."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        required = f"k8s.io/kubernetes@v{KUBERNETES}"
        downloaded = json.loads(_run(folder, "go", "mod", "download", "-json", required))
        staged = STAGED.findall(Path(downloaded["GoMod"]).read_text(encoding="utf-8"))
        version = KUBERNETES.replace("1.", "v0.", 1)
        edits = ["-go=1.24.0", "-godebug=default=go1.24", f"-require={required}"]
        edits += [f"-replace={module}={module}@{version}" for module in staged]
        _run(folder, "go", "mod", "init", "cluster")
        _run(folder, "go", "mod", "edit", *edits)
        (folder / "main.go").write_text(f'package main\n\nimport _ "{MAIN}/app"\n')
        major, minor, _ = KUBERNETES.split(".")
        names = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
        flags = "".join(f" -X k8s.io/component-base/version.{name}={value}" for name, value in names.items())
        build = ["nice", "-n19", "go", "build", "-trimpath", f"-ldflags=-s -w{flags}", "-o", f"{program}.new"]
        _run(folder, *build, MAIN)
        Path(f"{program}.new").rename(program)


def _run(folder: Path, *command: str) -> str:
    try:
        return subprocess.run(  # noqa: S603  commands of this module
            command,
            cwd=folder,
            env={**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ClusterError(f"{' '.join(command)}: {error}") from None
