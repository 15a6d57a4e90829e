"""TLS and client certificates. asyncio and uvloop each take part in the handshake in their own way."""

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from tests.support.command import account, serving
from tests.support.webconfig import TLS, Folder, hashed

VERIFIED = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: {mode}
  client_ca_file: clients.crt
"""


@dataclass(frozen=True)
class Server:
    port: int

    def url(self, scheme: str = "https") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/"

    def serves(self, tls: ssl.SSLContext) -> bool:
        """Whether a client gets a page; if not, the connection must have been closed without an alert."""
        try:
            return httpx.get(self.url(), verify=tls).status_code == 200
        except httpx.TransportError as error:
            assert re.search("EOF|disconnected|reset", str(error))  # noqa: PT017  not an error of this client
            return False

    def negotiated(self, tls: ssl.SSLContext) -> tuple[str | None, str]:
        """Version and cipher suite of a connection."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw,
            tls.wrap_socket(raw, server_hostname="127.0.0.1") as connection,
        ):
            cipher = connection.cipher()
            assert cipher is not None
            return connection.version(), cipher[0]


Serve = Callable[[str], Server]


@pytest.fixture(scope="session")
def other_ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.certified(tmp_path)


@pytest.fixture
def serve(folder: Folder, on_loop: dict[str, str]) -> Iterator[Serve]:
    """Starts the exporter with a web config; it ends with the test."""
    with ExitStack() as stack:

        def start(text: str) -> Server:
            folder.write(text)
            arguments = account() | on_loop, f"--web.config.file={folder.file}"
            return Server(stack.enter_context(serving(*arguments)).address[1])

        yield start


def client_tls(ca: trustme.CA, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def test_pages_and_passwords_go_over_tls_alone(folder: Folder, serve: Serve) -> None:
    server = serve(TLS + f"basic_auth_users: {{alice: {hashed('secret')}}}")
    tls = client_tls(folder.ca)

    with pytest.raises(httpx.TransportError):
        httpx.get(server.url("http"), auth=("alice", "secret"))
    assert httpx.get(server.url(), verify=tls).status_code == 401
    assert httpx.get(server.url(), verify=tls, auth=("alice", "secret")).status_code == 200
    assert server.negotiated(tls)[0] == "TLSv1.3"


def test_a_rotated_certificate_is_used_at_the_next_handshake_and_open_connections_go_on(
    folder: Folder, other_ca: trustme.CA, serve: Serve
) -> None:
    server = serve(TLS)
    with httpx.Client(verify=client_tls(folder.ca)) as connected:
        assert connected.get(server.url()).status_code == 200
        folder.certify(other_ca)
        assert connected.get(server.url()).status_code == 200

    assert server.serves(client_tls(other_ca))
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(server.url(), verify=client_tls(folder.ca))


def test_client_certificates_are_verified_as_the_file_says_at_each_handshake(
    folder: Folder, other_ca: trustme.CA, serve: Serve
) -> None:
    clients = trustme.CA()
    team = clients.create_child_ca()
    certificates = {
        "none": None,
        "the authority's": clients.issue_cert("prometheus"),
        "the team's": team.issue_cert("prometheus"),
        "a stranger's": other_ca.issue_cert("prometheus"),
    }
    server = serve(TLS)
    for mode, trusted, served in [
        ("RequireAndVerifyClientCert", clients, {"the authority's", "the team's"}),
        ("VerifyClientCertIfGiven", clients, {"none", "the authority's", "the team's"}),
        ("RequireAndVerifyClientCert", team, {"the team's"}),
        ("RequireAndVerifyClientCert", other_ca, {"a stranger's"}),
    ]:
        folder.trust(trusted)
        folder.write(VERIFIED.format(mode=mode))
        connections = {name: client_tls(folder.ca, certificate) for name, certificate in certificates.items()}
        assert {name for name, tls in connections.items() if server.serves(tls)} == served, mode


def test_only_clients_that_carry_an_allowed_name_are_served(folder: Folder, serve: Serve) -> None:
    clients = trustme.CA()
    folder.trust(clients)
    names = ["prometheus.monitoring.svc", "10.0.0.7", "2001:db8::7", "ops@example.org"]
    server = serve(VERIFIED.format(mode="RequireAndVerifyClientCert") + f"  client_allowed_sans: {names}")

    for name in names:
        assert server.serves(client_tls(folder.ca, clients.issue_cert("unnamed", name))), name
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for other in ("sub.prometheus.monitoring.svc", "*.monitoring.svc", "10.0.0.70"):
            tls = client_tls(folder.ca, clients.issue_cert(other))
            tls.maximum_version = version
            assert not server.serves(tls), (version, other)


def test_versions_and_cipher_suites_are_those_of_the_file_at_each_handshake(
    folder: Folder, serve: Serve
) -> None:
    server = serve(TLS)
    old = client_tls(folder.ca)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert server.serves(old)
    folder.write(TLS.replace("}", ", min_version: TLS13}"))
    assert not server.serves(old)

    client = client_tls(folder.ca)
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305")
    suites = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    folder.write(TLS.replace("}", f", max_version: TLS12, cipher_suites: [{suites}]}}"))
    assert server.negotiated(client) == ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")
    folder.write(folder.file.read_text().replace("}", ", prefer_server_cipher_suites: false}"))
    assert server.negotiated(client) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")


def test_clients_that_never_finish_their_handshake_stall_nobody_and_are_disconnected(
    folder: Folder, serve: Serve
) -> None:
    server = serve(TLS)
    with ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            for _ in range(64)
        ]
        for half in idle[:32]:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello

        assert server.serves(client_tls(folder.ca))
        for connection in idle:
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1) == b""
