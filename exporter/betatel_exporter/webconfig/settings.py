"""The settings in --web.config.file, as frozen values."""

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from betatel_exporter.files import DOCUMENT_BYTES, DocumentError, Files, Value, parse

TLS_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}

VERIFY_MODES = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}

UNVERIFIED_MODES = frozenset({"RequestClientCert", "RequireAnyClientCert", "RequireClientCert"})

# Go's names (crypto/tls, func CipherSuites) and OpenSSL's. Those of TLS 1.3 cannot be chosen, in Go neither.
CIPHERS = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
}

TOP = ("tls_server_config", "http_server_config", "basic_auth_users")
TOP_UNSUPPORTED = {"rate_limit": "use --web.max-requests, which limits concurrent scrapes"}
HTTP_UNSUPPORTED = {"headers": "the exporter sets its own security headers"}
TLS = (
    "cert_file",
    "key_file",
    "client_auth_type",
    "client_ca_file",
    "client_allowed_sans",
    "min_version",
    "max_version",
    "cipher_suites",
    "prefer_server_cipher_suites",
)
TLS_UNSUPPORTED = {
    "cert": "put the certificate into a file and name it in cert_file",
    "key": "put the key into a file and name it in key_file",
    "client_ca": "put the certificates into a file and name it in client_ca_file",
    "curve_preferences": "Python cannot order curves; leave it out",
}

# The last characters of salt and digest carry 2 and 4 bits; bcrypt raises ValueError if the rest is not zero.
_BCRYPT = re.compile(
    r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]", re.ASCII
)
_COSTS = range(4, 17)


@dataclass(frozen=True, slots=True)
class TLSSettings:
    given: Mapping[str, Value] = field(compare=False, repr=False)
    """The settings as the file has them, for what turns out to be wrong with the files they name."""
    cert_file: Path
    key_file: Path
    verify_mode: ssl.VerifyMode
    client_ca_file: Path | None
    client_allowed_sans: frozenset[str]
    min_version: ssl.TLSVersion
    max_version: ssl.TLSVersion
    ciphers: str
    prefer_server_ciphers: bool

    def fault(self, name: str, problem: str) -> DocumentError:
        return self.given[name].fault(problem)


@dataclass(frozen=True, slots=True)
class WebSettings:
    tls: TLSSettings | None
    users: Mapping[str, bytes]


def read_settings(path: Path, files: Files) -> WebSettings:
    """Raises DocumentError and UnreadableError."""
    sections = parse(files.read(path, DOCUMENT_BYTES), path).known_members(TOP, TOP_UNSUPPORTED)
    if "http_server_config" in sections:
        _check_http(sections["http_server_config"])
    return WebSettings(
        tls=_tls(sections["tls_server_config"]) if "tls_server_config" in sections else None,
        users=_users(sections["basic_auth_users"])
        if "basic_auth_users" in sections
        else MappingProxyType({}),
    )


def _check_http(section: Value) -> None:
    http2 = section.known_members(("http2",), HTTP_UNSUPPORTED).get("http2")
    if http2 and http2.flag():
        raise http2.fault("not supported: the exporter speaks HTTP/1.1; allowed: false")


def _users(section: Value) -> Mapping[str, bytes]:
    return MappingProxyType({name: _hash(name, value) for name, value in section.members().items()})


def _hash(user: str, value: Value) -> bytes:
    if ":" in user:
        raise value.fault("a user name with a colon, which ends the name in the Authorization header")
    match = _BCRYPT.fullmatch(value.scalar())
    if match is None:
        raise value.fault(
            "not a bcrypt hash; allowed: $2a$, $2b$ or $2y$, two digits of cost, $ and 53 characters"
        )
    if int(match["cost"]) not in _COSTS:
        raise value.fault(f"the cost of the hash must be {_COSTS[0]} to {_COSTS[-1]}")
    return match.string.encode()


def _tls(section: Value) -> TLSSettings | None:
    if not section.members():
        return None
    given = section.known_members(TLS, TLS_UNSUPPORTED)
    for name in ("cert_file", "key_file"):
        if name not in given:
            raise section.fault(f"needs {name}")
    minimum, maximum = _versions(given)
    verify_mode = _verify_mode(section, given)
    return TLSSettings(
        given=given,
        cert_file=given["cert_file"].path(),
        key_file=given["key_file"].path(),
        verify_mode=verify_mode,
        client_ca_file=given["client_ca_file"].path() if "client_ca_file" in given else None,
        client_allowed_sans=_allowed_sans(given, verify_mode),
        min_version=minimum,
        max_version=maximum,
        ciphers=_ciphers(given),
        prefer_server_ciphers=(
            "prefer_server_cipher_suites" not in given or given["prefer_server_cipher_suites"].flag()
        ),
    )


def _versions(given: Mapping[str, Value]) -> tuple[ssl.TLSVersion, ssl.TLSVersion]:
    chosen = {
        name: TLS_VERSIONS[given[name].choice(TLS_VERSIONS)]
        for name in ("min_version", "max_version")
        if name in given
    }
    minimum = chosen.get("min_version", ssl.TLSVersion.TLSv1_2)
    maximum = chosen.get("max_version", ssl.TLSVersion.TLSv1_3)
    if minimum > maximum:
        raise given["min_version"].fault("higher than max_version")
    return minimum, maximum


def _verify_mode(section: Value, given: Mapping[str, Value]) -> ssl.VerifyMode:
    mode = ssl.CERT_NONE
    if "client_auth_type" in given:
        setting = given["client_auth_type"]
        if setting.scalar() in UNVERIFIED_MODES:
            raise setting.fault(
                "not supported: Python cannot ask for client certificates without verifying them; "
                f"allowed: {', '.join(VERIFY_MODES)}"
            )
        mode = VERIFY_MODES[setting.choice(VERIFY_MODES)]
    if mode != ssl.CERT_NONE and "client_ca_file" not in given:
        raise section.fault("needs client_ca_file, because client_auth_type verifies client certificates")
    if mode == ssl.CERT_NONE and "client_ca_file" in given:
        raise given["client_ca_file"].fault(
            "needs client_auth_type: VerifyClientCertIfGiven or RequireAndVerifyClientCert"
        )
    return mode


def _allowed_sans(given: Mapping[str, Value], mode: ssl.VerifyMode) -> frozenset[str]:
    if "client_allowed_sans" not in given:
        return frozenset()
    setting = given["client_allowed_sans"]
    if mode != ssl.CERT_REQUIRED:
        raise setting.fault("needs client_auth_type: RequireAndVerifyClientCert")
    return frozenset(name.text() for name in _listed(setting))


def _ciphers(given: Mapping[str, Value]) -> str:
    if "cipher_suites" not in given:
        return ""
    return ":".join(CIPHERS[suite.choice(CIPHERS)] for suite in _listed(given["cipher_suites"]))


def _listed(value: Value) -> Sequence[Value]:
    items = value.items()
    if not items:
        raise value.fault("must not be empty")
    return items
