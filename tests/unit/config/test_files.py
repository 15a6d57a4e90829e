"""Key files and certificate authorities are followed as they change."""

from pathlib import Path

import pytest
import trustme

from betatel_exporter.api.errors import KeyUnavailableError
from betatel_exporter.config import load
from betatel_exporter.config.followed import current_key, key_file

ONE_LINE = "must be one line of at most 4096 printable ASCII characters without spaces"
FAULTS = {
    b"": "must not be empty",
    b" \n": "must not be empty",
    b"two words": ONE_LINE,
    b"two\nlines\n": ONE_LINE,
    b"bell\x07": ONE_LINE,
    b"k" * 5000: ONE_LINE,
    b"k" * 100_000: "larger than 64 KiB",
    b"schl\xc3\xbcssel": ONE_LINE,
}


def test_without_a_usable_key_there_is_an_error_and_later_the_last_one_stays_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "key"
    key = current_key(key_file(path, "shop"))
    with pytest.raises(KeyUnavailableError, match="no usable API key: no such file or directory in /"):
        key()
    for content, problem in FAULTS.items():
        path.write_bytes(content)
        with pytest.raises(KeyUnavailableError) as caught:
            key()
        assert str(caught.value) == f"no usable API key: {path}: {problem}"
    path.write_text("key-1\r\n")
    assert key() == "key-1"
    path.write_text("")
    assert key() == "key-1"
    (error,) = caplog.records
    assert vars(error).items() >= {"account": "shop", "error": f"{path}: must not be empty"}.items()


def test_a_changed_ca_file_is_followed_and_an_unusable_one_leaves_the_last_in_use(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    tls = load({"ca_file": str(path)}, {"BETATEL_API_KEY": "k", "BETATEL_ACCOUNT_ID": "1"}).tls
    assert tls is not None
    first = tls.current
    trustme.CA().cert_pem.write_to_path(path, append=True)
    second = tls.current
    assert second.cert_store_stats()["x509_ca"] == first.cert_store_stats()["x509_ca"] + 1
    path.write_text("no certificate")
    assert tls.current is second
    assert tls.fault == f"{path}: must contain certificates in PEM form"
