"""TLS contexts: one built from the settings, and one that always uses the current one."""

import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from betatel_exporter.files import DOCUMENT_BYTES, SECRET_BYTES, Files, UnreadableError
from betatel_exporter.webconfig.settings import TLSSettings


class SwitchingContext(ssl.SSLContext):
    """Hands every new connection to the context that is current at that moment.

    asyncio and uvloop call wrap_bio once a connection. This context has no certificate itself, so a caller
    that went another way would get no connection rather than an outdated one.
    """

    _current: Callable[[], ssl.SSLContext]

    def __new__(cls, current: Callable[[], ssl.SSLContext]) -> Self:
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._current = current
        return context

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        return self._current().wrap_bio(*args, **options)


class _NamedClientsContext(ssl.SSLContext):
    allowed_sans: frozenset[str]


class _NamedClientsObject(ssl.SSLObject):
    """Ends the handshake of a client whose verified certificate carries none of the allowed names."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        if not isinstance(context, _NamedClientsContext) or not (_sans(self) & context.allowed_sans):
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


def server_context(settings: TLSSettings, files: Files) -> ssl.SSLContext:
    """Raises DocumentError where a file cannot be used."""
    context = _NamedClientsContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.client_allowed_sans:
        context.allowed_sans = settings.client_allowed_sans
        context.sslobject_class = _NamedClientsObject
    context.minimum_version = settings.min_version
    context.maximum_version = settings.max_version
    context.verify_mode = settings.verify_mode
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not settings.prefer_server_ciphers:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if settings.ciphers:
        _choose_ciphers(context, settings)
    _load_server_certificate(context, settings, files)
    if settings.client_ca_file:
        _load_client_authorities(context, settings, settings.client_ca_file, files)
    return context


def _choose_ciphers(context: ssl.SSLContext, settings: TLSSettings) -> None:
    try:
        context.set_ciphers(settings.ciphers)
    except ssl.SSLError:
        raise settings.fault("cipher_suites", "not supported by the OpenSSL of this machine") from None


def _load_server_certificate(context: ssl.SSLContext, settings: TLSSettings, files: Files) -> None:
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # load_cert_chain would not say which file is to blame
    _load_certificates(trial, settings, "cert_file", settings.cert_file, files)
    key = _read(settings, "key_file", settings.key_file, files, SECRET_BYTES)
    if b"ENCRYPTED" in key:
        raise settings.fault("key_file", f"{settings.key_file}: encrypted, which is not supported")
    try:
        # An empty password: OpenSSL would otherwise ask for one on the terminal.
        context.load_cert_chain(settings.cert_file, settings.key_file, password="")
    except OSError as error:
        raise settings.fault("key_file", f"{settings.key_file}: {_unusable(error)}") from None


def _load_client_authorities(
    context: ssl.SSLContext, settings: TLSSettings, path: Path, files: Files
) -> None:
    _load_certificates(context, settings, "client_ca_file", path, files)
    # Whoever is named is trusted, also an authority below a root; crypto/tls does the same.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _load_certificates(
    context: ssl.SSLContext, settings: TLSSettings, name: str, path: Path, files: Files
) -> None:
    pem = _read(settings, name, path, files, DOCUMENT_BYTES).decode("ascii", errors="ignore")
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise settings.fault(name, f"{path}: no certificates in PEM form, or a damaged one") from None


def _read(settings: TLSSettings, name: str, path: Path, files: Files, limit: int) -> bytes:
    try:
        return files.read(path, limit)
    except UnreadableError as error:
        raise settings.fault(name, str(error)) from None


def _unusable(error: OSError) -> str:
    match error:
        case ssl.SSLError(reason="KEY_VALUES_MISMATCH"):
            return "does not belong to the certificate in cert_file"
        case ssl.SSLError(reason=str(reason)):
            return f"cannot be used with the certificate in cert_file: {reason.lower().replace('_', ' ')}"
        case ssl.SSLError():
            return "no private key in PEM form, or a damaged one"
        case _:
            return error.strerror or "cannot be read"
