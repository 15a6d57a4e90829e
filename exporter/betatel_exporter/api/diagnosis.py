"""Errors with a cause, from the exceptions of a connection: by types and codes, never by texts."""

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientHttpProxyError,
    ClientProxyConnectionError,
    ClientResponseError,
    InvalidURL,
)
from aiohttp import ClientError as AiohttpError

from betatel_exporter.api.errors import (
    ApiError,
    BrokenError,
    Cause,
    ConnectError,
    InvalidResponseError,
    TlsError,
)

FORESEEN = (AiohttpError, OSError)
"""What making and sending a request and reading the answer may raise."""

_VERIFY_CODES = {  # of openssl/x509_vfy.h
    2: Cause.UNKNOWN_AUTHORITY,
    9: Cause.NOT_YET_VALID,
    10: Cause.EXPIRED,
    18: Cause.UNKNOWN_AUTHORITY,
    19: Cause.UNKNOWN_AUTHORITY,
    20: Cause.UNKNOWN_AUTHORITY,
    21: Cause.UNKNOWN_AUTHORITY,
    62: Cause.HOST_MISMATCH,
    64: Cause.HOST_MISMATCH,
}

_NO_RECORD = {
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "UNKNOWN_PROTOCOL",
    "WRONG_VERSION_NUMBER",
}
"""OpenSSL's identifiers, across its versions, for a first answer that is not TLS."""

_ERRNOS = {
    errno.ECONNREFUSED: Cause.REFUSED,
    errno.ENETUNREACH: Cause.UNREACHABLE,
    errno.EHOSTUNREACH: Cause.UNREACHABLE,
    errno.ETIMEDOUT: Cause.UNREACHABLE,
}


def explain(error: BaseException) -> ApiError:
    """The error for an exception raised before a response began, and for the exceptions that caused it."""
    causes = list(_chain(error))[::-1]  # the first cause is the most specific
    for kind, explained in _KINDS.items():
        for cause in causes:
            if isinstance(cause, kind):
                return explained(cause)
    return BrokenError(Cause.BROKEN)


def _refused_by_proxy(error: ClientHttpProxyError) -> ApiError:
    return ConnectError(f"{Cause.PROXY_REFUSED}: HTTP {error.status}")


def _tls(error: ssl.SSLError) -> ApiError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsError(_VERIFY_CODES.get(error.verify_code, Cause.BAD_CERTIFICATE))
    return TlsError(Cause.NOT_TLS if error.reason in _NO_RECORD else Cause.HANDSHAKE)


def _not_connected(error: ClientConnectorError) -> ApiError:
    if isinstance(error.os_error, ConnectionResetError | BrokenPipeError):
        return ConnectError(Cause.CUT_OFF)
    return ConnectError(_ERRNOS.get(error.os_error.errno or 0, Cause.NO_CONNECTION))


_KINDS: dict[type[BaseException], Callable[[Any], ApiError]] = {
    ApiError: lambda error: error,
    ssl.SSLError: _tls,
    ClientHttpProxyError: _refused_by_proxy,
    ClientProxyConnectionError: lambda _: ConnectError(Cause.PROXY_UNREACHABLE),
    InvalidURL: lambda _: ConnectError(Cause.BAD_URL),
    socket.gaierror: lambda _: ConnectError(Cause.NAME),
    ClientConnectorError: _not_connected,
    ClientResponseError: lambda _: InvalidResponseError("not an HTTP response"),
}
"""The first that applies."""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
