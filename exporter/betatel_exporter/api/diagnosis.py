"""Errors with a cause, from the exceptions of a connection: by types and codes, never by texts."""

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp

from betatel_exporter.api.errors import (
    ApiError,
    BrokenError,
    Cause,
    ConnectError,
    InvalidResponseError,
    TlsError,
)

FORESEEN = (aiohttp.ClientError, OSError)
"""What sending a request and reading the response may raise."""

_VERIFY_CODES = {  # of openssl/x509_vfy.h
    9: Cause.NOT_YET_VALID,
    10: Cause.EXPIRED,
    **dict.fromkeys([2, 18, 19, 20, 21], Cause.UNKNOWN_AUTHORITY),
    **dict.fromkeys([62, 64], Cause.HOST_MISMATCH),
}

_NO_RECORD = {"HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
_NO_RECORD |= {"UNKNOWN_PROTOCOL", "WRONG_VERSION_NUMBER"}
"""OpenSSL's identifiers, across its versions, for a first response that is not TLS."""

_ERRNOS = {
    errno.ECONNREFUSED: Cause.REFUSED,
    **dict.fromkeys([errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT], Cause.UNREACHABLE),
}


def explain(error: BaseException) -> ApiError:
    """The error for an exception raised before a response began, and for the exceptions that caused it."""
    causes = list(_chain(error))[::-1]  # the first cause is the most specific
    for kind, explained in _KINDS.items():
        for cause in causes:
            if isinstance(cause, kind):
                return explained(cause)
    return BrokenError(Cause.BROKEN)


def _tls(error: ssl.SSLError) -> ApiError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsError(_VERIFY_CODES.get(error.verify_code, Cause.BAD_CERTIFICATE))
    return TlsError(Cause.NOT_TLS if error.reason in _NO_RECORD else Cause.HANDSHAKE)


def _not_connected(error: aiohttp.ClientConnectorError) -> ApiError:
    if isinstance(error.os_error, ConnectionResetError | BrokenPipeError):
        return ConnectError(Cause.CUT_OFF)
    return ConnectError(_ERRNOS.get(error.os_error.errno or 0, Cause.NO_CONNECTION))


_KINDS: dict[type[BaseException], Callable[[Any], ApiError]] = {
    ApiError: lambda error: error,
    ssl.SSLError: _tls,
    aiohttp.ClientHttpProxyError: lambda error: ConnectError(f"{Cause.PROXY_REFUSED}: HTTP {error.status}"),
    aiohttp.ClientProxyConnectionError: lambda _: ConnectError(Cause.PROXY_UNREACHABLE),
    aiohttp.InvalidURL: lambda _: ConnectError(Cause.BAD_URL),
    socket.gaierror: lambda _: ConnectError(Cause.NAME),
    aiohttp.ClientConnectorError: _not_connected,
    aiohttp.ClientResponseError: lambda _: InvalidResponseError("not an HTTP response"),
}
"""The first type that matches applies."""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
