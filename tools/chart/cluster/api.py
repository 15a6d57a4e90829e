"""A Kubernetes API server with etcd on loopback, without controllers and nodes.

Nothing runs in it, but objects are validated, defaulted and admitted as in production.
"""

import contextlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme

from tools.chart.cluster.programs import ClusterError, etcd, kube_apiserver
from tools.loopback import free_port
from tools.process import Process

SECONDS_TO_START = 120
PLURALS = {"s": "es", "y": "ies"}
"""Plural endings by the last letter of a kind; "s" for others."""
ETCD = """
    --data-dir={folder}/etcd --unsafe-no-fsync
    --listen-client-urls=http://127.0.0.1:{storage} --advertise-client-urls=http://127.0.0.1:{storage}
    --listen-peer-urls=http://127.0.0.1:{peers} --initial-advertise-peer-urls=http://127.0.0.1:{peers}
    --initial-cluster=default=http://127.0.0.1:{peers}
"""
KUBE_APISERVER = """
    --etcd-servers=http://127.0.0.1:{storage} --bind-address=127.0.0.1 --secure-port={port}
    --tls-cert-file={folder}/tls.pem --tls-private-key-file={folder}/tls.pem
    --token-auth-file={folder}/tokens.csv --authorization-mode=AlwaysAllow
    --service-account-issuer=https://kubernetes.default.svc
    --service-account-key-file={folder}/tls.pem --service-account-signing-key-file={folder}/tls.pem
    --service-cluster-ip-range=10.96.0.0/16 --endpoint-reconciler-type=none
    --disable-admission-plugins=Priority,RuntimeClass
"""


@dataclass(frozen=True)
class Api:
    client: httpx.Client
    environment: Mapping[str, str]
    """For helm."""

    def apply(self, item: Any, namespace: str, **parameters: str) -> list[str]:
        """Why the server refuses an object, or what it warns of. The namespace is for an object without."""
        item = {**item, "metadata": {"namespace": namespace, **item["metadata"]}}
        version, kind, metadata = item["apiVersion"], item["kind"].lower(), item["metadata"]
        folder = f"/namespaces/{metadata['namespace']}" if metadata["namespace"] else ""
        plural = kind.removesuffix("y") + PLURALS.get(kind[-1], "s")
        response = self.client.patch(
            f"/{'apis' if '/' in version else 'api'}/{version}{folder}/{plural}/{metadata['name']}",
            content=json.dumps(item),
            headers={"Content-Type": "application/apply-patch+yaml"},
            params={"fieldManager": "test", "force": "true", **parameters},
        )
        return response.headers.get_list("Warning") if response.is_success else [response.text]

    def wait(self, path: str) -> None:
        """Until the server answers a path with success; raises ClusterError."""
        deadline = time.monotonic() + SECONDS_TO_START
        while not (response := self.client.get(path)).is_success:
            if time.monotonic() > deadline:
                raise ClusterError(f"{path}: {response.text}")
            time.sleep(0.2)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Api]:
    """An API server that is ready; its files are in ``folder``. Raises ClusterError and ProcessError."""
    token, port, storage = secrets.token_urlsafe(), free_port(), free_port()
    ca_file, url = folder / "ca.crt", f"https://127.0.0.1:{port}"
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "tls.pem")
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n", encoding="utf-8")
    etcd_flags = ETCD.format(folder=folder, storage=storage, peers=free_port()).split()
    flags = KUBE_APISERVER.format(folder=folder, storage=storage, port=port).split()
    with (
        Process([str(etcd()), *etcd_flags]) as database,
        Process([str(kube_apiserver()), *flags]) as server,
        httpx.Client(
            base_url=url,
            verify=httpx.create_ssl_context(str(ca_file)),
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        ) as client,
    ):
        database.wait_for_port(storage)
        server.wait_for_port(port)
        helm = {"HELM_KUBEAPISERVER": url, "HELM_KUBETOKEN": token, "HELM_KUBECAFILE": str(ca_file)}
        api = Api(client, {"HOME": str(folder), **helm})
        api.wait("/readyz")
        yield api
