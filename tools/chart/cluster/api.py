"""A Kubernetes API server with its etcd on loopback, and the few requests that the chart's check makes of it."""

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml

from tools.chart.cluster.errors import ClusterError
from tools.chart.cluster.programs import etcd, kube_apiserver
from tools.loopback import free_port
from tools.process import Process

SECONDS_TO_START = 120
PLURALS = {"s": "es", "y": "ies"}
"""What a kind ends with -> the end of its plural, where it is not s more."""


@dataclass(frozen=True)
class Api:
    client: httpx.Client
    kubeconfig: Path

    def create(self, item: Mapping[str, Any]) -> None:
        """Create an object; raises ClusterError."""
        self._checked(self.client.post(_collection(item), json=item))

    def try_create(self, item: Mapping[str, Any]) -> list[str]:
        """What the server says against an object, warnings included, without creating it; empty where nothing."""
        answer = self.client.post(
            _collection(item), json=item, params={"dryRun": "All", "fieldValidation": "Strict"}
        )
        return _objections(answer)

    def try_apply(self, item: Mapping[str, Any], namespace: str) -> list[str]:
        """The same, for an object that may exist, and that may leave its namespace open."""
        item = {**item, "metadata": {"namespace": namespace, **item["metadata"]}}
        answer = self.client.patch(
            f"{_collection(item)}/{item['metadata']['name']}",
            content=json.dumps(item),
            headers={"Content-Type": "application/apply-patch+yaml"},
            params={"dryRun": "All", "fieldValidation": "Strict", "fieldManager": "check", "force": "true"},
        )
        return _objections(answer)

    def establish(self, definition: Mapping[str, Any]) -> None:
        """Create a custom resource definition and wait until its objects can be created."""
        self.create(definition)
        version = definition["spec"]["versions"][0]["name"]
        path = f"/apis/{definition['spec']['group']}/{version}/{definition['spec']['names']['plural']}"
        _wait(lambda: self.client.get(path).is_success, f"{path} is not served")

    @staticmethod
    def _checked(answer: httpx.Response) -> None:
        if not answer.is_success:
            raise ClusterError(f"{answer.request.method} {answer.request.url}: {answer.text}")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Api]:
    """An API server that is ready; its files are in ``folder``. Raises ClusterError."""
    token, port, storage = secrets.token_urlsafe(), free_port(), free_port()
    _write_credentials(folder, token)
    with (
        _started([str(etcd()), *_etcd_flags(folder, storage)]),
        _started([str(kube_apiserver()), *_flags(folder, port, storage)]) as server,
        httpx.Client(
            base_url=f"https://127.0.0.1:{port}",
            verify=httpx.create_ssl_context(str(folder / "ca.crt")),
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        ) as client,
    ):
        _wait(lambda: _is_ready(client, server), "kube-apiserver is not ready")
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(_kubeconfig(port, token, folder)), encoding="utf-8")
        yield Api(client, kubeconfig)


def _write_credentials(folder: Path, token: str) -> None:
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n", encoding="utf-8")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.crt")
    certificate.private_key_pem.write_to_path(folder / "tls.key")
    certificate.cert_chain_pems[0].write_to_path(folder / "tls.crt")


@contextlib.contextmanager
def _started(command: Sequence[str]) -> Iterator[Process]:
    with Process(command) as process:
        try:
            yield process
        except ClusterError as error:
            raise (
                error if process.running else ClusterError(f"{command[0]} ended:\n{process.output[-2000:]}")
            ) from None


def _etcd_flags(folder: Path, port: int) -> list[str]:
    clients, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    return [
        "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync",
        "--listen-client-urls", clients, "--advertise-client-urls", clients,
        "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}",
    ]  # fmt: skip


def _flags(folder: Path, port: int, storage: int) -> Iterator[str]:
    values = {
        "etcd-servers": f"http://127.0.0.1:{storage}",
        "bind-address": "127.0.0.1",
        "secure-port": str(port),
        "tls-cert-file": str(folder / "tls.crt"),
        "tls-private-key-file": str(folder / "tls.key"),
        "token-auth-file": str(folder / "tokens.csv"),
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": str(folder / "tls.key"),
        "service-account-signing-key-file": str(folder / "tls.key"),
        "service-cluster-ip-range": "10.96.0.0/16",
        "endpoint-reconciler-type": "none",
        "authorization-mode": "AlwaysAllow",
    }
    return (f"--{name}={value}" for name, value in values.items())


def _kubeconfig(port: int, token: str, folder: Path) -> dict[str, Any]:
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(folder / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "check",
        "clusters": [{"name": "check", "cluster": cluster}],
        "users": [{"name": "check", "user": {"token": token}}],
        "contexts": [{"name": "check", "context": {"cluster": "check", "user": "check"}}],
    }


def _collection(item: Mapping[str, Any]) -> str:
    version, kind = item["apiVersion"], item["kind"].lower()
    plural = kind.removesuffix("y") + PLURALS.get(kind[-1], "s")
    namespace = item["metadata"].get("namespace")
    return "/".join(
        [
            "/apis" if "/" in version else "/api",
            version,
            *(["namespaces", namespace] if namespace else []),
            plural,
        ]
    )


def _objections(answer: httpx.Response) -> list[str]:
    if answer.is_success:
        return answer.headers.get_list("Warning")
    return [str(answer.json().get("message", answer.text))]


def _is_ready(client: httpx.Client, server: Process) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        if not server.running:
            raise ClusterError("kube-apiserver ended") from None
        return False


def _wait(condition: Callable[[], bool], problem: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"{problem} after {SECONDS_TO_START} s")
        time.sleep(0.2)
