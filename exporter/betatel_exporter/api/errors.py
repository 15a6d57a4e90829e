"""Why a call to the API failed.

ApiError                 reason
├── UnauthorizedError    unauthorized      401, 403
├── RateLimitedError     rate_limited      429
├── ClientError          client_error      any other 4xx
├── ServerError          server_error      5xx
├── ConnectError         connect           no connection, or one that broke before a response
│   └── BrokenError                        an open connection broke: worth one retry
├── TlsError             tls               certificate or handshake
├── InvalidResponseError invalid_response  anything but a complete response of the documented shape
└── KeyUnavailableError  internal          no usable API key, so nothing was sent

``timeout`` has no class here, because the caller owns the time budget; any other exception is ``internal`` too.
The text of an error is safe to log and to show: it quotes no body, header, URL or key.
"""

from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """Why a query failed: the values of the label ``reason``, a closed set."""

    INTERNAL = "internal"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate_limited"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECT = "connect"
    TLS = "tls"
    INVALID_RESPONSE = "invalid_response"


class Cause(StrEnum):
    """Why there is no connection; each is the whole text of its error, except for the proxy's status."""

    BAD_URL = "the base URL has no valid host"
    NAME = "the host name does not resolve"
    REFUSED = "connection refused"
    UNREACHABLE = "no route to the host"
    CUT_OFF = "the connection was closed while it was being set up"
    NO_CONNECTION = "no connection"
    BROKEN = "the connection broke before a response"
    PROXY_UNREACHABLE = "the proxy cannot be reached"
    PROXY_REFUSED = "the proxy refused"
    UNKNOWN_AUTHORITY = "the certificate is from an unknown authority"
    HOST_MISMATCH = "the certificate is for another host"
    EXPIRED = "the certificate has expired"
    NOT_YET_VALID = "the certificate is not valid yet"
    BAD_CERTIFICATE = "the certificate is invalid"
    NOT_TLS = "the port does not speak TLS"
    HANDSHAKE = "the TLS handshake failed"
    NO_KEY = "no usable API key"


class ApiError(Exception):
    """A request without a usable response."""

    reason: ClassVar[Reason]


class UnauthorizedError(ApiError):
    reason = Reason.UNAUTHORIZED


class RateLimitedError(ApiError):
    reason = Reason.RATE_LIMITED

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the next call; None if the API did not say."""


class ClientError(ApiError):
    reason = Reason.CLIENT_ERROR


class ServerError(ApiError):
    reason = Reason.SERVER_ERROR


class ConnectError(ApiError):
    reason = Reason.CONNECT


class BrokenError(ConnectError):
    pass


class TlsError(ApiError):
    reason = Reason.TLS


class InvalidResponseError(ApiError):
    reason = Reason.INVALID_RESPONSE


class KeyUnavailableError(ApiError):
    reason = Reason.INTERNAL
