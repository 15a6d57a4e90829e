"""A Kubernetes API server with its etcd on loopback, and the few requests that the chart's check makes of it."""

import contextlib
import json
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml

from tools.chart.cluster.errors import ClusterError
from tools.chart.cluster.programs import etcd, kube_apiserver
from tools.loopback import free_port

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
    """An API server that is ready; logs and certificates are in ``folder``. Raises ClusterError."""
    token = secrets.token_urlsafe()
    port = free_port()
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n", encoding="utf-8")
    certificate = trustme.CA()
    own = certificate.issue_cert("127.0.0.1")
    certificate.cert_pem.write_to_path(folder / "ca.crt")
    own.private_key_pem.write_to_path(folder / "tls.key")
    own.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    with contextlib.ExitStack() as stack:
        storage = stack.enter_context(_etcd(folder))
        command = [str(kube_apiserver()), *_flags(folder, port, storage)]
        process = stack.enter_context(_process(command, folder / "kube-apiserver.log"))
        client = stack.enter_context(
            httpx.Client(
                base_url=f"https://127.0.0.1:{port}",
                verify=httpx.create_ssl_context(str(folder / "ca.crt")),
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=30,
            )
        )
        _wait(
            lambda: _is_ready(client), "kube-apiserver does not start", process, folder / "kube-apiserver.log"
        )
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(_kubeconfig(port, token, folder)), encoding="utf-8")
        yield Api(client, kubeconfig)


@contextlib.contextmanager
def _etcd(folder: Path) -> Iterator[str]:
    clients, peers = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    command = [
        str(etcd()), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync",
        "--listen-client-urls", clients, "--advertise-client-urls", clients,
        "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}",
    ]  # fmt: skip
    with _process(command, folder / "etcd.log"):
        yield clients


def _flags(folder: Path, port: int, storage: str) -> Iterator[str]:
    values = {
        "etcd-servers": storage,
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


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def _process(command: Sequence[str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with log.open("wb") as output:
        # in a session of its own: Ctrl-C reaches this program alone, which then ends the others
        process = subprocess.Popen(  # noqa: S603  the commands are those above
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(
    condition: Any, fault: str, process: "subprocess.Popen[bytes] | None" = None, log: Path | None = None
) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not condition():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            last = log.read_text(errors="replace").splitlines()[-5:] if log else []
            raise ClusterError("\n".join([fault, *last]))
        time.sleep(0.2)
