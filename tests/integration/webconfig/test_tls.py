"""TLS over real sockets. asyncio and uvloop each take part in the handshake in their own way."""

import contextlib
import socket
import ssl
from contextlib import ExitStack

import httpx
import pytest
import trustme

from tests.integration.webconfig.conftest import Serve
from tests.support.webconfig import TLS, Folder, hashed

VERIFIED = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: {mode}
  client_ca_file: clients.crt
"""


@pytest.fixture(scope="session")
def other_ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def clients() -> trustme.CA:
    return trustme.CA()


def client_tls(ca: trustme.CA, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


def test_pages_and_passwords_are_served_over_tls_alone(folder: Folder, serve: Serve) -> None:
    folder.write(TLS + f"basic_auth_users: {{alice: {hashed('secret')}}}")
    server = serve(folder.config())
    tls = client_tls(folder.ca)

    with pytest.raises(httpx.TransportError):
        httpx.get(server.url("http"), auth=("alice", "secret"))
    assert httpx.get(server.url(), verify=tls).status_code == 401
    assert server.requests == 0
    assert httpx.get(server.url(), verify=tls, auth=("alice", "secret")).text == "ok"
    assert server.negotiated(tls)[0] == "TLSv1.3"


def test_a_rotated_certificate_is_used_at_the_next_handshake_and_open_connections_go_on(
    folder: Folder, other_ca: trustme.CA, serve: Serve
) -> None:
    folder.write(TLS)
    server = serve(folder.config())
    with httpx.Client(verify=client_tls(folder.ca)) as connected:
        assert connected.get(server.url()).text == "ok"
        folder.certify(other_ca)
        assert connected.get(server.url()).text == "ok"

    assert server.serves(client_tls(other_ca))
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(server.url(), verify=client_tls(folder.ca))


def test_client_certificates_are_verified_as_the_file_says_at_each_handshake(
    folder: Folder, clients: trustme.CA, other_ca: trustme.CA, serve: Serve
) -> None:
    team = clients.create_child_ca()
    certificates = {
        "none": None,
        "the authority's": clients.issue_cert("prometheus"),
        "the team's": team.issue_cert("prometheus"),
        "a stranger's": other_ca.issue_cert("prometheus"),
    }
    folder.write(TLS)
    server = serve(folder.config())
    for mode, trusted, served in [
        ("RequireAndVerifyClientCert", clients, {"the authority's", "the team's"}),
        ("VerifyClientCertIfGiven", clients, {"none", "the authority's", "the team's"}),
        ("RequireAndVerifyClientCert", team, {"the team's"}),
        ("RequireAndVerifyClientCert", other_ca, {"a stranger's"}),
    ]:
        folder.trust(trusted)
        folder.write(VERIFIED.format(mode=mode))
        server.requests = 0
        connections = {name: client_tls(folder.ca, certificate) for name, certificate in certificates.items()}
        assert {name for name, tls in connections.items() if server.serves(tls)} == served, mode
        assert server.requests == len(served)


def test_only_clients_that_carry_an_allowed_name_are_served(
    folder: Folder, clients: trustme.CA, serve: Serve
) -> None:
    names = ["prometheus.monitoring.svc", "10.0.0.7", "2001:db8::7", "ops@example.org"]
    folder.write(VERIFIED.format(mode="RequireAndVerifyClientCert") + f"  client_allowed_sans: {names}")
    folder.trust(clients)
    server = serve(folder.config())

    for name in names:
        assert server.serves(client_tls(folder.ca, clients.issue_cert("unnamed", name))), name
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for other in ("sub.prometheus.monitoring.svc", "*.monitoring.svc", "10.0.0.70"):
            tls = client_tls(folder.ca, clients.issue_cert(other))
            tls.maximum_version = version
            assert not server.serves(tls), (version, other)
    assert server.requests == len(names)


def test_versions_and_cipher_suites_are_those_of_the_file_at_each_handshake(
    folder: Folder, serve: Serve
) -> None:
    folder.write(TLS)
    server = serve(folder.config())
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
    folder.write(TLS)
    server = serve(folder.config())
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
