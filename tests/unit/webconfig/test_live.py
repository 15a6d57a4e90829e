"""Changes of the file, and of the files it names, while it is in use."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from betatel_exporter.files import DocumentError, Files
from betatel_exporter.webconfig import WebConfigError
from betatel_exporter.webconfig.settings import read_settings
from betatel_exporter.webconfig.tls import server_context
from tests.support.webconfig import TLS, Folder, hashed

DAY = timedelta(days=1)
ALICE = f"basic_auth_users:\n  alice: {hashed('one')}\n"
BOB = f"basic_auth_users:\n  bob: {hashed('two')}\n"


def test_loading_is_logged_once(folder: Folder) -> None:
    folder.write(TLS + ALICE)
    config = folder.config()

    assert config.reload_success
    assert list(config.users) == ["alice"]
    assert folder.log.levels() == ["INFO"]
    assert folder.log.last() | {"file": str(folder.file), "tls": True, "users": 1} == folder.log.last()


def test_a_broken_file_keeps_the_last_good_one_and_logs_it_once_until_it_is_corrected(folder: Folder) -> None:
    folder.write(ALICE)
    config = folder.config()
    folder.write("basic_auth_users: {alice: plain}")

    for _ in range(3):
        assert list(config.users) == ["alice"]
        assert not config.reload_success
    assert folder.log.levels() == ["INFO", "ERROR"]
    assert "basic_auth_users.alice: not a bcrypt hash" in str(folder.log.last()["error"])
    assert "plain" not in str(folder.log.last()["error"])

    folder.write(BOB)

    assert list(config.users) == ["bob"]
    assert config.reload_success
    assert folder.log.levels() == ["INFO", "ERROR", "INFO"]


def test_an_emptied_file_does_not_switch_passwords_off(folder: Folder) -> None:
    folder.write(ALICE)
    config = folder.config()
    for emptied in ("", "basic_auth_users:\n"):
        folder.write(emptied)

        assert list(config.users) == ["alice"]
        assert not config.reload_success
        assert "only a restart switches passwords off" in str(folder.log.last()["error"])


def test_passwords_switched_on_by_a_reload_are_not_switched_off_by_another(folder: Folder) -> None:
    folder.write("")
    config = folder.config()
    for text in (ALICE, ""):
        folder.write(text)
        assert list(config.users) == ["alice"]


def test_tls_is_switched_on_and_off_only_by_a_restart(folder: Folder) -> None:
    for before, after in [(TLS + ALICE, ALICE), (ALICE, TLS + ALICE)]:
        folder.write(before)
        config = folder.config()
        context = config.ssl_context
        folder.write(after)

        assert not config.reload_success
        assert config.ssl_context is context
        assert "only a restart switches TLS on or off" in str(folder.log.last()["error"])


def test_a_missing_certificate_is_noticed_and_so_is_its_return(folder: Folder) -> None:
    folder.write(TLS)
    config = folder.config()
    (folder.path / "server.crt").unlink()
    assert not config.reload_success
    folder.certify()

    assert config.reload_success


def test_a_file_that_is_no_longer_named_does_not_matter(folder: Folder) -> None:
    folder.write(TLS)
    config = folder.config()
    folder.certify(name="next")
    folder.write(TLS.replace("server", "next").replace("tls_next", "tls_server"))
    assert config.reload_success
    (folder.path / "server.crt").unlink()

    assert config.reload_success
    assert folder.log.levels() == ["INFO", "INFO"]


def test_half_a_rotation_is_not_used(folder: Folder, tmp_path: Path) -> None:
    folder.write(TLS)
    config = folder.config()
    folder.certify(name="next")
    (tmp_path / "next.crt").rename(tmp_path / "server.crt")
    assert not config.reload_success
    (tmp_path / "next.key").rename(tmp_path / "server.key")

    assert config.reload_success


def damaged(pem: bytes) -> bytes:
    return pem.replace(b"M", b"A")


def encrypted(pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(pem, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


def server_tls_fault(folder: Folder) -> str:
    folder.write(f"# the first line\n{TLS}")
    with pytest.raises(WebConfigError) as raised:
        folder.config()
    return (
        str(raised.value).removeprefix(f"{folder.file}:2: tls_server_config.").replace(f"{folder.path}/", "")
    )


def test_a_file_without_a_usable_certificate_or_key_is_named(folder: Folder) -> None:
    for name, problem in [
        ("server.key", "key_file: server.key: no private key in PEM form, or a damaged one"),
        ("server.crt", "cert_file: server.crt: no certificates in PEM form, or a damaged one"),
    ]:
        path = folder.path / name
        good = path.read_bytes()
        for contents in (b"", b"hello", damaged(good), good[:-40], b"\xff\xfe\x00"):
            path.write_bytes(contents)
            assert server_tls_fault(folder) == problem, contents
        path.write_bytes(good)


def test_a_key_of_another_certificate_is_named(folder: Folder) -> None:
    folder.certify(name="other")
    (folder.path / "other.key").rename(folder.path / "server.key")

    assert server_tls_fault(folder) == "key_file: server.key: does not belong to the certificate in cert_file"


def test_an_encrypted_key_is_refused_without_asking_for_its_password(folder: Folder) -> None:
    path = folder.path / "server.key"
    path.write_bytes(encrypted(path.read_bytes()))

    assert server_tls_fault(folder) == "key_file: server.key: encrypted, which is not supported"


def test_a_file_that_cannot_be_read_is_named(folder: Folder) -> None:
    path = folder.path / "server.key"
    path.write_bytes(b"#" * 65_537)
    assert server_tls_fault(folder) == "key_file: server.key: larger than 64 KiB"
    path.unlink()
    os.mkfifo(path)
    assert server_tls_fault(folder) == "key_file: server.key: not a regular file"
    path.unlink()
    assert server_tls_fault(folder) == f"key_file: no such file or directory in {folder.path}"


def test_a_certificate_that_is_too_weak_is_named(folder: Folder) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  it is to be refused
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weak")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + DAY)
    ).sign(key, hashes.SHA256())
    (folder.path / "server.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder.path / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

    assert server_tls_fault(folder) == (
        "key_file: server.key: cannot be used with the certificate in cert_file: ee key too small"
    )


def test_a_key_that_vanishes_while_it_is_read_is_named(folder: Folder) -> None:
    class Vanishing(Files):
        def read(self, path: Path, limit: int) -> bytes:
            content = super().read(path, limit)
            if path.name == "server.key":
                path.unlink()
            return content

    folder.write(TLS)
    settings = read_settings(folder.file, Files()).tls
    assert settings is not None

    with pytest.raises(DocumentError, match=r"key_file: \S+server\.key: No such file or directory$"):
        server_context(settings, Vanishing())


def test_cipher_suites_that_openssl_does_not_have_are_named(folder: Folder) -> None:
    folder.write(TLS.replace("}", ", cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}"))
    settings = read_settings(folder.file, Files()).tls
    assert settings is not None

    with pytest.raises(DocumentError, match=r"cipher_suites: not supported by the OpenSSL of this machine$"):
        server_context(replace(settings, ciphers="REMOVED-BY-POLICY"), Files())
