"""What the file may say: every fault is one line with its place and what is allowed, and shows no value."""

import ssl
from pathlib import Path

import pytest

from betatel_exporter.files import DocumentError, Files
from betatel_exporter.webconfig.settings import CIPHERS, TLS, TOP, VERIFY_MODES, WebSettings, read_settings
from tests.support.webconfig import hashed

PAIR = "cert_file: server.crt, key_file: server.key"
HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"


def read(text: str, folder: Path) -> WebSettings:
    path = folder / "web.yml"
    path.write_text(text)
    return read_settings(path, Files())


def tls(settings: str) -> str:
    return f"tls_server_config: {{{PAIR}, {settings}}}"


def users(members: str) -> str:
    return f"basic_auth_users: {{{members}}}"


def test_an_empty_file_configures_nothing(tmp_path: Path) -> None:
    for text in (
        "",
        "{}",
        "tls_server_config: {}\nbasic_auth_users:\n",
        "http_server_config: {http2: false}",
    ):
        assert read(text, tmp_path) == WebSettings(tls=None, users={}), text


def test_settings_without_a_value_count_as_unset(tmp_path: Path) -> None:
    empty = tls("client_ca_file: '', client_auth_type: , curve_preferences: , min_version: null")

    assert read(empty, tmp_path) == read(f"tls_server_config: {{{PAIR}}}", tmp_path)


def test_defaults_are_those_of_the_shared_format(tmp_path: Path) -> None:
    settings = read(f"tls_server_config: {{{PAIR}}}", tmp_path).tls

    assert settings is not None
    assert settings.verify_mode == ssl.CERT_NONE
    assert settings.min_version == ssl.TLSVersion.TLSv1_2
    assert settings.max_version == ssl.TLSVersion.TLSv1_3
    assert settings.prefer_server_ciphers


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = read("tls_server_config: {cert_file: tls/server.crt, key_file: /run/server.key}", tmp_path).tls

    assert settings is not None
    assert settings.cert_file == tmp_path / "tls" / "server.crt"
    assert settings.key_file == Path("/run/server.key")


def test_every_hash_that_bcrypt_makes_is_accepted(tmp_path: Path) -> None:
    hashes = [HASH.replace("2y", version) for version in ("2a", "2b", "2y")]
    hashes += [hashed("secret") for _ in range(64)]
    text = users(", ".join(f"user{number}: {one}" for number, one in enumerate(hashes)))

    assert [*read(text, tmp_path).users.values()] == [one.encode() for one in hashes]


def test_every_cipher_suite_is_one_that_openssl_knows() -> None:
    for name in CIPHERS.values():
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(name)


NO_HASH = "not a bcrypt hash; allowed: $2a$, $2b$ or $2y$, two digits of cost, $ and 53 characters"
UNVERIFIED = (
    "tls_server_config.client_auth_type: not supported: Python cannot ask for client certificates without verifying "
    f"them; allowed: {', '.join(VERIFY_MODES)}"
)
NEEDS_VERIFICATION = "needs client_auth_type: VerifyClientCertIfGiven or RequireAndVerifyClientCert"
NAMES, NEAREST = ", ".join(CIPHERS), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
FAULTS = {
    "an unknown section": (
        "tls_config: {}",
        f"tls_config: unknown setting; did you mean tls_server_config? allowed: {', '.join(TOP)}",
    ),
    "an unknown setting without a value": (
        "tls_server_config: {certificate: }",
        f"tls_server_config.certificate: unknown setting; did you mean cert_file? allowed: {', '.join(TLS)}",
    ),
    "a rate limit": (
        "rate_limit: {burst: 1}",
        "rate_limit: not supported: use --web.max-requests, which limits concurrent scrapes",
    ),
    "HTTP/2": (
        "http_server_config: {http2: true}",
        "http_server_config.http2: not supported: the exporter speaks HTTP/1.1; allowed: false",
    ),
    "headers": (
        "http_server_config: {headers: {X-Frame-Options: deny}}",
        "http_server_config.headers: not supported: the exporter sets its own security headers",
    ),
    "a key in the file": (
        tls("key: hunter2"),
        "tls_server_config.key: not supported: put the key into a file and name it in key_file",
    ),
    "curves": (
        tls("curve_preferences: [X25519]"),
        "tls_server_config.curve_preferences: not supported: Python cannot order curves; leave it out",
    ),
    "a user without a hash": (users("alice: "), f"basic_auth_users.alice: {NO_HASH}"),
    "a plain password": (users("alice: hunter2"), f"basic_auth_users.alice: {NO_HASH}"),
    "a truncated hash": (users(f"alice: {HASH[:-1]}"), f"basic_auth_users.alice: {NO_HASH}"),
    "a salt that bcrypt cannot have made": (
        users(f"alice: {HASH.replace('zoub', 'zo/b')}"),
        f"basic_auth_users.alice: {NO_HASH}",
    ),
    "a hash that takes minutes": (
        users(f"alice: {HASH.replace('$10$', '$20$')}"),
        "basic_auth_users.alice: the cost of the hash must be 4 to 16",
    ),
    "a user name with a colon": (
        users(f"'a:b': {HASH}"),
        "basic_auth_users.(a name): a user name with a colon, which ends the name in the Authorization header",
    ),
    "hash and user swapped": (users(f"{HASH}: alice"), f"basic_auth_users.(a name): {NO_HASH}"),
    "users as a list": (
        f"basic_auth_users: [{HASH}]",
        "basic_auth_users: must be a mapping of names to values",
    ),
    "a certificate without a key": (
        "tls_server_config: {cert_file: server.crt}",
        "tls_server_config: needs key_file",
    ),
    "a version but no certificate": (
        "tls_server_config: {min_version: TLS13}",
        "tls_server_config: needs cert_file",
    ),
    "a certificate that is blank": (
        'tls_server_config: {cert_file: "", key_file: ""}',
        "tls_server_config: needs cert_file",
    ),
    "the key itself instead of its path": (
        'tls_server_config: {cert_file: c, key_file: "-----BEGIN PRIVATE KEY-----\\nMIIhunter2"}',
        "tls_server_config.key_file: must be the path of a file, not its contents",
    ),
    "an old version": (
        tls("min_version: TLS11"),
        "tls_server_config.min_version: must be one of TLS12, TLS13; did you mean TLS13?",
    ),
    "versions the wrong way round": (
        tls("min_version: TLS13, max_version: TLS12"),
        "tls_server_config.min_version: higher than max_version",
    ),
    "RequestClientCert": (tls("client_auth_type: RequestClientCert"), UNVERIFIED),
    "RequireAnyClientCert": (tls("client_auth_type: RequireAnyClientCert"), UNVERIFIED),
    "verification without an authority": (
        tls("client_auth_type: RequireAndVerifyClientCert"),
        "tls_server_config: needs client_ca_file, because client_auth_type verifies client certificates",
    ),
    "an authority without verification": (
        tls("client_ca_file: clients.crt"),
        f"tls_server_config.client_ca_file: {NEEDS_VERIFICATION}",
    ),
    "client names without required certificates": (
        tls(
            "client_auth_type: VerifyClientCertIfGiven, client_ca_file: c, client_allowed_sans: [prometheus]"
        ),
        "tls_server_config.client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert",
    ),
    "no client names": (
        tls("client_auth_type: RequireAndVerifyClientCert, client_ca_file: c, client_allowed_sans: []"),
        "tls_server_config.client_allowed_sans: must not be empty",
    ),
    "a cipher suite of TLS 1.3": (
        tls("cipher_suites: [TLS_AES_128_GCM_SHA256]"),
        f"tls_server_config.cipher_suites[0]: must be one of {NAMES}; did you mean {NEAREST}?",
    ),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_with_its_place_and_without_values(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        read(f"# the first line\n{text}", tmp_path)

    assert str(raised.value) == f"{tmp_path / 'web.yml'}:2: {fault}"
