"""TLS and client certificates. asyncio and uvloop each take part in the handshake in their own way."""

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import trustme

from tests.support.command import account, serving
from tests.support.webconfig import TLS, Folder, hashed, tls

VERIFIED = "client_ca_file: clients.crt, client_auth_type: RequireAndVerifyClientCert"
Serve = Callable[[str], int]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.certified(tmp_path)


@pytest.fixture
def serve(folder: Folder, on_loop: dict[str, str]) -> Iterator[Serve]:
    """Starts the exporter with a web config and returns its port; it ends with the test."""
    with ExitStack() as stack:

        def start(text: str) -> int:
            folder.write(text)
            exporter = serving(account() | on_loop, f"--web.config.file={folder.file}")
            return stack.enter_context(exporter).address[1]

        yield start


def serves(port: int, context: ssl.SSLContext) -> bool:
    """Whether a client gets a page; if not, the connection must have been closed without an alert."""
    try:
        return httpx.get(f"https://127.0.0.1:{port}/", verify=context).status_code == 200
    except httpx.TransportError as error:
        assert re.search("EOF|disconnected|reset", str(error))  # noqa: PT017  not an error of this client
        return False


def negotiated(port: int, context: ssl.SSLContext) -> tuple[str | None, str | None]:
    """Version and cipher suite of a connection."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as connection,
    ):
        return connection.version(), (connection.cipher() or (None,))[0]


def client_tls(ca: trustme.CA, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def test_pages_and_passwords_go_over_tls_alone(folder: Folder, serve: Serve) -> None:
    port = serve(TLS + f"basic_auth_users: {{alice: {hashed('secret')}}}")
    url, context = f"https://127.0.0.1:{port}/", client_tls(folder.ca)

    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/", auth=("alice", "secret"))
    assert httpx.get(url, verify=context).status_code == 401
    assert httpx.get(url, verify=context, auth=("alice", "secret")).status_code == 200
    assert negotiated(port, context)[0] == "TLSv1.3"


def test_a_rotated_certificate_is_used_at_the_next_handshake_and_open_connections_go_on(
    folder: Folder, serve: Serve
) -> None:
    other_ca = trustme.CA()
    url = f"https://127.0.0.1:{(port := serve(TLS))}/"
    with httpx.Client(verify=client_tls(folder.ca)) as connected:
        assert connected.get(url).status_code == 200
        folder.certify(other_ca)
        assert connected.get(url).status_code == 200

    assert serves(port, client_tls(other_ca))
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(url, verify=client_tls(folder.ca))


def test_client_certificates_are_verified_as_the_file_says_at_each_handshake(
    folder: Folder, serve: Serve
) -> None:
    clients, strangers = trustme.CA(), trustme.CA()
    team = clients.create_child_ca()
    certificates = {
        "none": None,
        "the authority's": clients.issue_cert("prometheus"),
        "the team's": team.issue_cert("prometheus"),
        "a stranger's": strangers.issue_cert("prometheus"),
    }
    port = serve(TLS)
    for mode, trusted, served in [
        ("RequireAndVerifyClientCert", clients, {"the authority's", "the team's"}),
        ("VerifyClientCertIfGiven", clients, {"none", "the authority's", "the team's"}),
        ("RequireAndVerifyClientCert", team, {"the team's"}),
        ("RequireAndVerifyClientCert", strangers, {"a stranger's"}),
    ]:
        folder.trust(trusted)
        folder.write(tls(VERIFIED.replace("RequireAndVerifyClientCert", mode)))
        connections = {name: client_tls(folder.ca, certificate) for name, certificate in certificates.items()}
        assert {name for name, context in connections.items() if serves(port, context)} == served, mode


def test_only_clients_that_carry_an_allowed_name_are_served(folder: Folder, serve: Serve) -> None:
    clients = trustme.CA()
    folder.trust(clients)
    names = ["prometheus.monitoring.svc", "10.0.0.7", "2001:db8::7", "ops@example.org"]
    port = serve(tls(f"{VERIFIED}, client_allowed_sans: {names}"))

    for name in names:
        assert serves(port, client_tls(folder.ca, clients.issue_cert("unnamed", name))), name
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for other in ("sub.prometheus.monitoring.svc", "*.monitoring.svc", "10.0.0.70"):
            context = client_tls(folder.ca, clients.issue_cert(other))
            context.maximum_version = version
            assert not serves(port, context), (version, other)


def test_versions_and_cipher_suites_are_those_of_the_file_at_each_handshake(
    folder: Folder, serve: Serve
) -> None:
    port = serve(TLS)
    old = client_tls(folder.ca)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert serves(port, old)
    folder.write(tls("min_version: TLS13"))
    assert not serves(port, old)

    client = client_tls(folder.ca)
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305")
    suites = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    folder.write(tls(f"max_version: TLS12, cipher_suites: [{suites}]"))
    assert negotiated(port, client) == ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")
    folder.write(folder.file.read_text().replace("}", ", prefer_server_cipher_suites: false}"))
    assert negotiated(port, client) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")


def test_clients_that_never_finish_their_handshake_stall_nobody_and_are_disconnected(
    folder: Folder, serve: Serve
) -> None:
    port = serve(TLS)
    with ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(64)
        ]
        for half in idle[:32]:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello

        assert serves(port, client_tls(folder.ca))
        for connection in idle:
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1) == b""
