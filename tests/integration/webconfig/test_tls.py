"""TLS over real sockets; on uvloop too where it takes part in the handshake in its own way."""

import contextlib
import socket
import ssl
from contextlib import ExitStack

import pytest
import trustme

from tests.integration.webconfig.conftest import Serve
from tests.integration.webconfig.support import client_tls
from tests.support.webconfig import TLS, Folder, hashed

VERIFIED = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: {mode}
  client_ca_file: clients.crt
"""


@pytest.fixture
def clients() -> trustme.CA:
    return trustme.CA()


def test_a_page_is_served_over_tls_1_3(folder: Folder, serve_on_both_loops: Serve) -> None:
    folder.write(TLS)

    reply = serve_on_both_loops(folder.config()).get(tls=client_tls(folder.ca))

    assert (reply.status, reply.body, reply.tls_version) == (200, b"ok", "TLSv1.3")


def test_plain_http_gets_no_page(folder: Folder, serve_on_both_loops: Serve) -> None:
    folder.write(TLS)
    server = serve_on_both_loops(folder.config())

    assert not server.serves(None)
    assert server.reached == []


def test_a_rotated_certificate_is_used_at_the_next_handshake(
    folder: Folder, other_ca: trustme.CA, serve_on_both_loops: Serve
) -> None:
    folder.write(TLS)
    server = serve_on_both_loops(folder.config())
    assert server.get(tls=client_tls(folder.ca)).status == 200
    folder.certify(other_ca)

    assert server.get(tls=client_tls(other_ca)).status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        server.get(tls=client_tls(folder.ca))


def test_a_certificate_swapped_as_kubernetes_does_is_used_at_the_next_handshake(
    folder: Folder, other_ca: trustme.CA, serve: Serve
) -> None:
    """A volume's files are links through ..data, which is swapped for all of them at once."""
    for version, ca in (("v1", folder.ca), ("v2", other_ca)):
        (folder.path / version).mkdir()
        folder.certify(ca, name=f"{version}/tls")
        folder.write("tls_server_config: {cert_file: tls.crt, key_file: tls.key}", f"{version}/web.yml")
    (folder.path / "..data").symlink_to("v1")
    for name in ("tls.crt", "tls.key", "web.yml"):
        (folder.path / name).symlink_to(f"..data/{name}")
    config = folder.config()
    server = serve(config)
    assert server.get(tls=client_tls(folder.ca)).status == 200

    (folder.path / "..data_tmp").symlink_to("v2")
    (folder.path / "..data_tmp").rename(folder.path / "..data")

    assert server.get(tls=client_tls(other_ca)).status == 200
    assert config.reload_success


def test_an_open_connection_survives_a_rotation(folder: Folder, other_ca: trustme.CA, serve: Serve) -> None:
    folder.write(TLS)
    connection = serve(folder.config()).connect(client_tls(folder.ca))
    try:
        for _ in range(2):
            connection.request("GET", "/metrics")
            assert connection.getresponse().read() == b"ok"
            folder.certify(other_ca)
    finally:
        connection.close()


def test_client_certificates_are_verified_as_the_file_says_at_each_handshake(
    folder: Folder, clients: trustme.CA, other_ca: trustme.CA, serve_on_both_loops: Serve
) -> None:
    team = clients.create_child_ca()
    certificates = {
        "none": None,
        "the authority's": clients.issue_cert("prometheus"),
        "the team's": team.issue_cert("prometheus"),
        "a stranger's": other_ca.issue_cert("prometheus"),
    }
    folder.write(TLS)
    server = serve_on_both_loops(folder.config())
    for mode, trusted, served in [
        ("RequireAndVerifyClientCert", clients, {"the authority's", "the team's"}),
        ("VerifyClientCertIfGiven", clients, {"none", "the authority's", "the team's"}),
        ("RequireAndVerifyClientCert", team, {"the team's"}),
        ("RequireAndVerifyClientCert", other_ca, {"a stranger's"}),
    ]:
        folder.trust(trusted)
        folder.write(VERIFIED.format(mode=mode))
        server.reached.clear()
        connections = {name: client_tls(folder.ca, certificate) for name, certificate in certificates.items()}
        assert {name for name, tls in connections.items() if server.serves(tls)} == served, mode
        assert len(server.reached) == len(served)


def test_only_clients_that_carry_an_allowed_name_are_served(
    folder: Folder, clients: trustme.CA, serve_on_both_loops: Serve
) -> None:
    names = ["prometheus.monitoring.svc", "10.0.0.7", "2001:db8::7", "ops@example.org"]
    folder.write(VERIFIED.format(mode="RequireAndVerifyClientCert") + f"  client_allowed_sans: {names}")
    folder.trust(clients)
    server = serve_on_both_loops(folder.config())

    for name in names:
        assert server.serves(client_tls(folder.ca, clients.issue_cert("unnamed", name))), name
    server.reached.clear()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for other in ("sub.prometheus.monitoring.svc", "*.monitoring.svc", "10.0.0.70"):
            tls = client_tls(folder.ca, clients.issue_cert(other))
            tls.maximum_version = version
            assert not server.serves(tls), (version, other)
    assert server.reached == []


def test_a_changed_minimum_version_holds_from_the_next_handshake(folder: Folder, serve: Serve) -> None:
    folder.write(TLS)
    server = serve(folder.config())
    old = client_tls(folder.ca)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert server.get(tls=old).tls_version == "TLSv1.2"
    folder.write(TLS.replace("}", ", min_version: TLS13}"))

    assert not server.serves(old)
    assert server.get(tls=client_tls(folder.ca)).tls_version == "TLSv1.3"


def test_the_maximum_version_and_the_cipher_suites_are_those_of_the_file(
    folder: Folder, serve: Serve
) -> None:
    suites = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    folder.write(TLS.replace("}", f", max_version: TLS12, cipher_suites: [{suites}]}}"))
    client = client_tls(folder.ca)
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305")
    server = serve(folder.config())

    reply = server.get(tls=client)
    assert (reply.tls_version, reply.cipher) == ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")

    folder.write(folder.file.read_text().replace("}", ", prefer_server_cipher_suites: false}"))
    assert server.get(tls=client).cipher == "ECDHE-ECDSA-AES128-GCM-SHA256"


def test_a_password_is_asked_for_within_tls(folder: Folder, serve: Serve) -> None:
    folder.write(TLS + f"basic_auth_users: {{alice: {hashed('secret')}}}")
    server = serve(folder.config())
    tls = client_tls(folder.ca)

    assert server.get(tls=tls).status == 401
    assert server.get(tls=tls, login="alice:secret").status == 200


def test_clients_that_never_finish_their_handshake_stall_nobody_and_are_disconnected(
    folder: Folder, serve_on_both_loops: Serve
) -> None:
    folder.write(TLS)
    server = serve_on_both_loops(folder.config())
    with ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            for _ in range(64)
        ]
        for half in idle[:32]:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello

        assert server.get(tls=client_tls(folder.ca)).status == 200
        for connection in idle:
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1) == b""
