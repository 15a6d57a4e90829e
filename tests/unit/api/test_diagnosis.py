import errno
import os
import socket
import ssl
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import httpx

from betatel_exporter.api.diagnosis import explain
from betatel_exporter.api.errors import (
    ApiError,
    BrokenError,
    Cause,
    ConnectError,
    InvalidResponseError,
    TlsError,
)

KEY = cast("Any", SimpleNamespace(host="api.example", port=443, ssl=True, is_ssl=True))
REQUEST = cast("Any", None)


def raised(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def not_connected(cause: OSError) -> BaseException:
    return raised(aiohttp.ClientConnectorError(KEY, cause), cause)


def unverified(code: int) -> BaseException:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_code = code
    return raised(aiohttp.ClientConnectorCertificateError(KEY, cause), cause)


def no_handshake(reason: str) -> BaseException:
    cause = ssl.SSLError(1, "some words")
    cause.reason = reason
    return raised(aiohttp.ClientConnectorSSLError(KEY, cause), cause)


def from_number(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_an_exception_is_explained_by_its_types_and_codes() -> None:
    refused = from_number(errno.ECONNREFUSED)
    explained: dict[BaseException, tuple[type[ApiError], str]] = {
        not_connected(refused): (ConnectError, Cause.REFUSED),
        not_connected(from_number(errno.EHOSTUNREACH)): (ConnectError, Cause.UNREACHABLE),
        not_connected(from_number(errno.ETIMEDOUT)): (ConnectError, Cause.UNREACHABLE),
        not_connected(from_number(errno.EMFILE)): (ConnectError, Cause.NO_CONNECTION),
        not_connected(ConnectionResetError()): (ConnectError, Cause.CUT_OFF),
        not_connected(socket.gaierror(-2, "x")): (ConnectError, Cause.NAME),
        raised(aiohttp.ClientProxyConnectionError(KEY, refused), refused): (
            ConnectError,
            Cause.PROXY_UNREACHABLE,
        ),
        aiohttp.ClientHttpProxyError(REQUEST, (), status=407): (ConnectError, "the proxy refused: HTTP 407"),
        aiohttp.InvalidUrlClientError("https://256.1.1.1"): (ConnectError, Cause.BAD_URL),
        httpx.InvalidURL("https://256.1.1.1"): (ConnectError, Cause.BAD_URL),
        unverified(10): (TlsError, Cause.EXPIRED),
        unverified(9): (TlsError, Cause.NOT_YET_VALID),
        unverified(62): (TlsError, Cause.HOST_MISMATCH),
        unverified(64): (TlsError, Cause.HOST_MISMATCH),
        unverified(18): (TlsError, Cause.UNKNOWN_AUTHORITY),
        unverified(20): (TlsError, Cause.UNKNOWN_AUTHORITY),
        unverified(24): (TlsError, Cause.BAD_CERTIFICATE),
        no_handshake("WRONG_VERSION_NUMBER"): (TlsError, Cause.NOT_TLS),
        no_handshake("TLSV1_ALERT_PROTOCOL_VERSION"): (TlsError, Cause.HANDSHAKE),
        raised(httpx.ConnectTimeout("another name for it"), socket.gaierror()): (ConnectError, Cause.NAME),
        httpx.ConnectError("x"): (ConnectError, Cause.NO_CONNECTION),
        aiohttp.ClientResponseError(REQUEST, ()): (InvalidResponseError, "not an HTTP response"),
        aiohttp.ServerDisconnectedError(): (BrokenError, Cause.BROKEN),
        ConnectionResetError(): (BrokenError, Cause.BROKEN),
        raised(aiohttp.ClientError(), InvalidResponseError("of ours")): (InvalidResponseError, "of ours"),
    }
    for error, expected in explained.items():
        result = explain(error)
        assert (type(result), str(result)) == expected, repr(error)


def test_a_chain_of_causes_that_closes_on_itself_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert isinstance(explain(first), BrokenError)
