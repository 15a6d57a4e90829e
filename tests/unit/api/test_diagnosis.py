"""What tests/integration/faults does not meet over real sockets."""

import errno
import ssl
from types import SimpleNamespace
from typing import Any, cast

import aiohttp

from betatel_exporter.api.diagnosis import explain
from betatel_exporter.api.errors import Cause, InvalidResponseError

KEY = cast("Any", SimpleNamespace(host="api.example", port=443, ssl=True, is_ssl=True))


def not_connected(cause: OSError) -> Exception:
    error = aiohttp.ClientConnectorError(KEY, cause)
    error.__cause__ = cause
    return error


def tls(*, code: int | None = None, reason: str = "") -> Exception:
    if code is None:
        error = ssl.SSLError(1, "in some words")
        error.reason = reason
        return not_connected(error)
    unverified = ssl.SSLCertVerificationError(1, "in some words")
    unverified.verify_code = code
    return not_connected(unverified)


def test_an_exception_is_explained_by_its_types_and_codes() -> None:
    cases = [
        (not_connected(OSError(errno.EHOSTUNREACH, "")), Cause.UNREACHABLE),
        (not_connected(OSError(errno.ETIMEDOUT, "")), Cause.UNREACHABLE),
        (not_connected(OSError(errno.EMFILE, "")), Cause.NO_CONNECTION),
        (aiohttp.InvalidUrlClientError("https://256.1.1.1"), Cause.BAD_URL),
        (tls(code=9), Cause.NOT_YET_VALID),
        (tls(code=24), Cause.BAD_CERTIFICATE),
        (tls(reason="WRONG_VERSION_NUMBER"), Cause.NOT_TLS),
        (tls(reason="TLSV1_ALERT_PROTOCOL_VERSION"), Cause.HANDSHAKE),
        (ConnectionResetError(), Cause.BROKEN),
    ]
    assert [(error, str(explain(error))) for error, _ in cases] == cases


def test_an_error_of_ours_is_found_among_the_causes() -> None:
    error = aiohttp.ClientError()
    error.__context__ = InvalidResponseError("too long")
    assert explain(error) is error.__context__


def test_a_chain_of_causes_that_closes_on_itself_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert str(explain(first)) == Cause.BROKEN
