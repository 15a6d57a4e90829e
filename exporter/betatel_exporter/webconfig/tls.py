"""TLS contexts: one built from a tls_server_config section, and one that always uses the current one."""

import ipaddress
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from betatel_exporter.files import DOCUMENT_BYTES, SECRET_BYTES, Files, UnreadableError, Value

VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}

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

_MISMATCHES = {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"}
"""Why OpenSSL rejects a key that does not belong to the certificate."""

SETTINGS = (
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
UNSUPPORTED = {
    "cert": "put the certificate into a file and name it in cert_file",
    "key": "put the key into a file and name it in key_file",
    "client_ca": "put the certificates into a file and name it in client_ca_file",
    "curve_preferences": "Python cannot order curves; leave it out",
}


class SwitchingContext(ssl.SSLContext):
    """Gives each new connection the current context.

    asyncio and uvloop call wrap_bio once per connection. This context has no certificate itself, so another
    caller would get no connection rather than an outdated certificate.
    """

    _current: Callable[[], ssl.SSLContext]

    def __new__(cls, current: Callable[[], ssl.SSLContext]) -> Self:
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._current = current
        return context

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        return self._current().wrap_bio(*args, **options)


class _ServerContext(ssl.SSLContext):
    allowed_sans: frozenset[str]


class _NamedClientsObject(ssl.SSLObject):
    """Ends the handshake of a client whose verified certificate carries none of the allowed names."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        if not isinstance(context, _ServerContext) or not (_sans(self) & context.allowed_sans):
            raise ssl.SSLCertVerificationError("client certificate has none of the client_allowed_sans")


def _sans(connection: ssl.SSLObject) -> set[str]:
    certificate: dict[str, Any] = connection.getpeercert() or {}
    return {
        _canonical_address(value) if kind == "IP Address" else value
        for kind, value in certificate.get("subjectAltName", ())
        if kind in {"DNS", "IP Address", "email", "URI"}
    }


def _canonical_address(text: str) -> str:
    # OpenSSL writes ::1 as 0:0:0:0:0:0:0:1, with a newline in some versions.
    return str(ipaddress.ip_address(text.strip()))


def server_context(section: Value, files: Files) -> ssl.SSLContext:
    """Raises DocumentError, also for a file that cannot be used."""
    given = section.known_members(SETTINGS, UNSUPPORTED)
    for name in ("cert_file", "key_file"):
        if name not in given:
            raise section.fault(f"needs {name}")
    context = _ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION
    _set_versions(context, given)
    _set_verification(context, section, given)
    _set_ciphers(context, given)
    _load_server_certificate(context, given["cert_file"], given["key_file"], files)
    if "client_ca_file" in given:
        _load_certificates(context, given["client_ca_file"], files)
        # Every authority in the file is trusted, also one that is not a root; crypto/tls does the same.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _set_versions(context: ssl.SSLContext, given: Mapping[str, Value]) -> None:
    minimum = _version(given, "min_version", ssl.TLSVersion.TLSv1_2)
    maximum = _version(given, "max_version", ssl.TLSVersion.TLSv1_3)
    if minimum > maximum:
        raise given["min_version"].fault("higher than max_version")
    context.minimum_version, context.maximum_version = minimum, maximum


def _version(given: Mapping[str, Value], name: str, default: ssl.TLSVersion) -> ssl.TLSVersion:
    return VERSIONS[given[name].choice(VERSIONS)] if name in given else default


def _set_verification(context: _ServerContext, section: Value, given: Mapping[str, Value]) -> None:
    context.verify_mode = (
        _verify_mode(given["client_auth_type"]) if "client_auth_type" in given else ssl.CERT_NONE
    )
    verified = context.verify_mode != ssl.CERT_NONE
    if verified and "client_ca_file" not in given:
        raise section.fault("needs client_ca_file, because client_auth_type verifies client certificates")
    if not verified and "client_ca_file" in given:
        raise given["client_ca_file"].fault(
            "needs client_auth_type: VerifyClientCertIfGiven or RequireAndVerifyClientCert"
        )
    if "client_allowed_sans" in given:
        names = given["client_allowed_sans"]
        if context.verify_mode != ssl.CERT_REQUIRED:
            raise names.fault("needs client_auth_type: RequireAndVerifyClientCert")
        context.allowed_sans = frozenset(name.text() for name in _listed(names))
        context.sslobject_class = _NamedClientsObject


def _verify_mode(setting: Value) -> ssl.VerifyMode:
    if setting.scalar() in UNVERIFIED_MODES:
        raise setting.fault(
            "not supported: Python cannot ask for client certificates without verifying them; "
            f"allowed: {', '.join(VERIFY_MODES)}"
        )
    return VERIFY_MODES[setting.choice(VERIFY_MODES)]


def _set_ciphers(context: ssl.SSLContext, given: Mapping[str, Value]) -> None:
    if "prefer_server_cipher_suites" in given and not given["prefer_server_cipher_suites"].flag():
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if "cipher_suites" in given:
        setting = given["cipher_suites"]
        suites = [CIPHERS[suite.choice(CIPHERS)] for suite in _listed(setting)]
        try:
            context.set_ciphers(":".join(suites))
        except ssl.SSLError:
            raise setting.fault("not supported by the OpenSSL of this machine") from None


def _listed(value: Value) -> Sequence[Value]:
    items = value.items()
    if not items:
        raise value.fault("must not be empty")
    return items


def _load_server_certificate(context: ssl.SSLContext, certificate: Value, key: Value, files: Files) -> None:
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # load_cert_chain does not say which file is to blame
    _load_certificates(trial, certificate, files)
    if b"ENCRYPTED" in _read(key, SECRET_BYTES, files):
        raise key.fault(f"{key.path()}: encrypted, which is not supported")
    try:
        # An empty password: OpenSSL would otherwise ask for one on the terminal.
        context.load_cert_chain(certificate.path(), key.path(), password="")
    except OSError as error:
        raise key.fault(f"{key.path()}: {_unusable(error)}") from None


def _load_certificates(context: ssl.SSLContext, setting: Value, files: Files) -> None:
    pem = _read(setting, DOCUMENT_BYTES, files).decode("ascii", errors="ignore")
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise setting.fault(f"{setting.path()}: no certificates in PEM form, or a damaged one") from None


def _read(setting: Value, limit: int, files: Files) -> bytes:
    try:
        return files.read(setting.path(), limit)
    except UnreadableError as error:
        raise setting.fault(str(error)) from None


def _unusable(error: OSError) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    if not reason:
        return "no private key in PEM form, or a damaged one"
    if reason in _MISMATCHES:
        return "does not belong to the certificate in cert_file"
    return f"cannot be used with the certificate in cert_file: {reason.lower().replace('_', ' ')}"
