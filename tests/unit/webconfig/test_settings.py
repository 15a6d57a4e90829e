"""What the file may say: every fault is one line with its place and what is allowed, and shows no value."""

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from betatel_exporter.files import DocumentError, Files
from betatel_exporter.webconfig.settings import SECTIONS, WebSettings, read_settings
from betatel_exporter.webconfig.tls import CIPHERS, VERIFY_MODES
from tests.support.webconfig import TLS, Folder, hashed, tls

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"


def read(folder: Folder, text: str) -> WebSettings:
    folder.write(text)
    return read_settings(folder.file, Files())


def fault(folder: Folder, text: str) -> str:
    """Of a file whose second line is at fault."""
    with pytest.raises(DocumentError) as raised:
        read(folder, f"# the first line\n{text}")
    return str(raised.value).removeprefix(f"{folder.file}:2: ")


def users(members: str) -> str:
    return f"basic_auth_users: {{{members}}}"


def test_an_empty_file_configures_nothing(folder: Folder) -> None:
    texts = "", "{}", "tls_server_config: {}\nbasic_auth_users:\n", "http_server_config: {http2: false}"
    for text in texts:
        assert read(folder, text) == WebSettings(tls=None, users={}), text


def test_defaults_are_those_of_the_shared_format_also_for_settings_without_a_value(folder: Folder) -> None:
    empty = tls("client_ca_file: '', client_auth_type: , curve_preferences: , min_version: null")
    for text in (TLS, empty):
        context = read(folder, text).tls
        assert context is not None
        assert context.verify_mode == ssl.CERT_NONE
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.maximum_version == ssl.TLSVersion.TLSv1_3
        assert ssl.OP_CIPHER_SERVER_PREFERENCE in context.options


def test_every_hash_that_bcrypt_makes_is_accepted(folder: Folder) -> None:
    hashes = [HASH.replace("2y", version) for version in ("2a", "2b", "2y")]
    hashes += [hashed("secret") for _ in range(64)]
    text = users(", ".join(f"user{number}: {one}" for number, one in enumerate(hashes)))

    assert [*read(folder, text).users.values()] == [one.encode() for one in hashes]


def test_every_cipher_suite_is_one_that_openssl_knows() -> None:
    for name in CIPHERS.values():
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(name)


NO_HASH = "not a bcrypt hash; allowed: $2a$, $2b$ or $2y$, two digits of cost, $ and 53 characters"
SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
USERS = {
    "alice: hunter2": f"alice: {NO_HASH}",
    f"alice: {HASH[:-1]}": f"alice: {NO_HASH}",
    f"alice: {HASH.replace('zoub', 'zo/b')}": f"alice: {NO_HASH}",  # a salt that bcrypt cannot have made
    f"alice: {HASH.replace('$10$', '$20$')}": "alice: the cost of the hash must be 4 to 16",
    f"'a:b': {HASH}": "(a name): a user name with a colon, which ends the name in the Authorization header",
}
PAIRED = {
    "key: hunter2": "key: not supported: put the key into a file and name it in key_file",
    "curve_preferences: [X25519]": "curve_preferences: not supported: Python cannot order curves; leave it out",
    "min_version: TLS11": "min_version: must be one of TLS12, TLS13; did you mean TLS13?",
    "min_version: TLS13, max_version: TLS12": "min_version: higher than max_version",
    "client_auth_type: RequestClientCert": (
        "client_auth_type: not supported: Python cannot ask for client certificates without verifying them; "
        f"allowed: {', '.join(VERIFY_MODES)}"
    ),
    "client_ca_file: clients.crt": (
        "client_ca_file: needs client_auth_type: VerifyClientCertIfGiven or RequireAndVerifyClientCert"
    ),
    "client_auth_type: VerifyClientCertIfGiven, client_ca_file: c, client_allowed_sans: [prometheus]": (
        "client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert"
    ),
    "client_auth_type: RequireAndVerifyClientCert, client_ca_file: c, client_allowed_sans: []": (
        "client_allowed_sans: must not be empty"
    ),
    "cipher_suites: [TLS_AES_128_GCM_SHA256]": (
        f"cipher_suites[0]: must be one of {', '.join(CIPHERS)}; did you mean {SUITE}?"
    ),
}
FAULTS = {
    "tls_config: {}": (
        f"tls_config: unknown setting; did you mean tls_server_config? allowed: {', '.join(SECTIONS)}"
    ),
    "rate_limit: {burst: 1}": (
        "rate_limit: not supported: use --web.max-requests, which limits concurrent scrapes"
    ),
    "http_server_config: {http2: true}": (
        "http_server_config.http2: not supported: the exporter speaks HTTP/1.1; allowed: false"
    ),
    "http_server_config: {headers: {X-Frame-Options: deny}}": (
        "http_server_config.headers: not supported: the exporter sets its own security headers"
    ),
    "tls_server_config: {cert_file: server.crt}": "tls_server_config: needs key_file",
    "tls_server_config: {min_version: TLS13}": "tls_server_config: needs cert_file",
    'tls_server_config: {cert_file: server.crt, key_file: "-----BEGIN PRIVATE KEY-----\\nMIIhunter2"}': (
        "tls_server_config.key_file: must be the path of a file, not its contents"
    ),
    tls("client_auth_type: RequireAndVerifyClientCert"): (
        "tls_server_config: needs client_ca_file, because client_auth_type verifies client certificates"
    ),
    **{tls(settings): f"tls_server_config.{expected}" for settings, expected in PAIRED.items()},
    **{users(members): f"basic_auth_users.{expected}" for members, expected in USERS.items()},
}


def test_a_fault_is_one_line_with_its_place_and_without_values(folder: Folder) -> None:
    assert {text: fault(folder, text) for text in FAULTS} == FAULTS


def test_cipher_suites_that_openssl_does_not_have_are_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CIPHERS, SUITE, "REMOVED-BY-POLICY")
    assert fault(folder, tls(f"cipher_suites: [{SUITE}]")) == (
        "tls_server_config.cipher_suites: not supported by the OpenSSL of this machine"
    )


def damaged(pem: bytes) -> list[bytes]:
    return [b"", b"hello", b"\xff\xfe\x00", pem.replace(b"M", b"A"), pem[:-40]]


def encrypted(pem: bytes) -> bytes:
    return serialization.load_pem_private_key(pem, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


def test_a_certificate_or_key_that_cannot_be_used_is_named(folder: Folder) -> None:
    files = {"key": folder.path / "server.key", "cert": folder.path / "server.crt"}
    good = {name: path.read_bytes() for name, path in files.items()}
    cases = [
        *(("key", pem, "no private key in PEM form, or a damaged one") for pem in damaged(good["key"])),
        *(("cert", pem, "no certificates in PEM form, or a damaged one") for pem in damaged(good["cert"])),
        ("key", encrypted(good["key"]), "encrypted, which is not supported"),
        ("key", b"#" * 65_537, "larger than 64 KiB"),
    ]
    for kind in (trustme.KeyType.ECDSA, trustme.KeyType.RSA):
        other = folder.ca.issue_cert("127.0.0.1", key_type=kind).private_key_pem.bytes()
        cases += [("key", other, "does not belong to the certificate in cert_file")]
    for name, content, problem in cases:
        files[name].write_bytes(content)
        assert fault(folder, TLS) == f"tls_server_config.{name}_file: {files[name]}: {problem}"
        files[name].write_bytes(good[name])


def test_a_key_that_vanishes_while_it_is_read_is_named(folder: Folder) -> None:
    class Vanishing(Files):
        def read(self, path: Path, limit: int) -> bytes:
            content = super().read(path, limit)
            path.unlink()
            return content

    folder.write(TLS)
    with pytest.raises(DocumentError, match=r"key_file: \S+server\.key: .*no such file or directory$"):
        read_settings(folder.file, Vanishing())
