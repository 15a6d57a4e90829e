"""What the file may say: every fault is one line with its place and what is allowed, and shows no value."""

import ssl
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.webconfig.document import WebConfigError
from betatel_exporter.webconfig.files import Files
from betatel_exporter.webconfig.settings import CIPHERS, WebSettings, read_settings
from tests.integration.webconfig.support import hashed

PAIR = "cert_file: server.crt, key_file: server.key"
HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"


def read(text: str | bytes, folder: Path) -> WebSettings:
    path = folder / "web.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_settings(path, Files())


def tls(settings: str) -> str:
    return f"tls_server_config: {{{PAIR}, {settings}}}"


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "{}", "tls_server_config: {}\nbasic_auth_users:\n", "null"]
)
def test_an_empty_file_asks_for_nothing(text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path) == WebSettings(tls=None, users={})


def test_settings_without_a_value_are_as_good_as_absent(tmp_path: Path) -> None:
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


def test_http_1_1_may_be_asked_for(tmp_path: Path) -> None:
    assert read("http_server_config: {http2: false}", tmp_path) == WebSettings(tls=None, users={})


@pytest.mark.parametrize("version", ["2a", "2b", "2y"])
def test_every_spelling_of_bcrypt_is_a_hash(version: str, tmp_path: Path) -> None:
    text = HASH.replace("2y", version)

    assert read(f"basic_auth_users: {{prometheus: {text}}}", tmp_path).users == {"prometheus": text.encode()}


def test_hashes_that_bcrypt_makes_are_accepted(tmp_path: Path) -> None:
    users = "".join(f"  user{number}: {hashed('secret')}\n" for number in range(64))

    assert len(read(f"basic_auth_users:\n{users}", tmp_path).users) == 64


def test_every_cipher_suite_is_one_that_openssl_knows() -> None:
    for name in CIPHERS.values():
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(name)


FAULTS = yaml.safe_load(Path(__file__).with_name("faults.yml").read_text())


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case["name"])
def test_a_fault_is_one_line_with_its_place_and_without_values(case: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(WebConfigError) as raised:
        read(case["file"], tmp_path)

    assert str(raised.value) == f"{tmp_path / 'web.yml'}{case['fault']}"
    assert HASH[7:20] not in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["\x00", "[" * 100_000, '"\\UFFFFFFFF"', f"%YAML 1.{'1' * 5000}\n---", "&a [*a]", "\tx: y"]
)
def test_what_even_the_yaml_parser_does_not_expect_is_a_fault(text: str, tmp_path: Path) -> None:
    with pytest.raises(WebConfigError, match=r"^\S+web\.yml:.* (is not valid YAML|must be a mapping .*)$"):
        read(text, tmp_path)


def test_a_cipher_suite_of_tls_1_3_cannot_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(
        WebConfigError, match=r"cipher_suites: is not one of the allowed values.*allowed: TLS_E"
    ):
        read(tls("cipher_suites: [TLS_AES_128_GCM_SHA256]"), tmp_path)


def test_a_file_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(WebConfigError, match=r"web\.yml: is not UTF-8 text$"):
        read(b"\xff\xfe", tmp_path)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(WebConfigError, match=r"web\.yml: No such file or directory$"):
        read_settings(tmp_path / "web.yml", Files())


def test_a_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(WebConfigError, match=r": Is a directory$"):
        read_settings(tmp_path, Files())


def test_a_file_without_an_end_is_a_fault() -> None:
    with pytest.raises(WebConfigError, match=r": Not a regular file$"):
        read_settings(Path("/dev/zero"), Files())


def test_a_file_of_megabytes_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(WebConfigError, match=r": Larger than 1 MiB$"):
        read(b"#" * 1_048_577, tmp_path)


scalars = st.sampled_from(
    [
        "",
        "~",
        "x",
        "1",
        "true",
        "TLS13",
        "NoClientCert",
        "RequireAndVerifyClientCert",
        HASH,
        "*a",
        "&a b",
        "<<",
    ]
) | st.text(max_size=12)
sections = st.sampled_from(["tls_server_config", "basic_auth_users", "http_server_config", "rate_limit"])
settings = st.sampled_from(
    ["cert_file", "key_file", "client_auth_type", "client_ca_file", "min_version", "http2"]
)
lists = st.sampled_from(["client_allowed_sans", "cipher_suites"])
names = sections | settings | lists | scalars
flows = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(names, inner), max_size=4).map(
            lambda pairs: f"{{{', '.join(f'{name}: {value}' for name, value in pairs)}}}"
        )
    ),
    max_leaves=12,
)


@hypothesis.settings(deadline=None)
@given(text=flows | st.text() | st.binary())
def test_whatever_the_file_says_there_are_settings_or_one_line(
    text: str | bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    contents = text if isinstance(text, bytes) else text.encode(errors="replace")
    fault = ""
    try:
        read(contents, folder)
    except WebConfigError as error:
        fault = str(error)

    assert len(fault.splitlines()) <= 1
    assert HASH not in fault
