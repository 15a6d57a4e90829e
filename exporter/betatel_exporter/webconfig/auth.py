"""HTTP basic authentication (RFC 7617) as ASGI middleware."""

import base64
import binascii
from collections.abc import Callable

import bcrypt
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from betatel_exporter.webconfig.live import WebConfig
from betatel_exporter.webconfig.passwords import BusyError, Limiter, Passwords

PUBLIC = frozenset({"/-/healthy", "/-/ready"})


class BasicAuth:
    """Requires a password on every path but the public ones while the config has users."""

    def __init__(
        self,
        app: ASGIApp,
        config: WebConfig,
        waiting: Limiter,
        client_of: Callable[[Scope], str],
        *,
        checkpw: Callable[[bytes, bytes], bool] = bcrypt.checkpw,
    ) -> None:
        """`waiting` limits the passwords that wait to be checked, by the client that `client_of` returns."""
        self._app = app
        self._config = config
        self._client_of = client_of
        self._passwords = Passwords(checkpw, waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            self._passwords.close()
        else:
            refusal = None if scope["path"] in PUBLIC else await self._refusal(scope)
            await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        users = self._config.users
        if not users:
            return None
        credentials = _credentials([value for name, value in scope["headers"] if name == b"authorization"])
        try:
            if credentials and await self._passwords.match(users, *credentials, self._client_of(scope)):
                return None
        except BusyError:
            return PlainTextResponse("too many concurrent logins\n", 503, {"Retry-After": "1"})
        challenge = 'Basic realm="betatel-exporter", charset="UTF-8"'
        return PlainTextResponse("Unauthorized\n", 401, {"WWW-Authenticate": challenge})


def _credentials(headers: list[bytes]) -> tuple[str, str] | None:
    """User and password, None unless there is exactly one Authorization header and it is well-formed."""
    if len(headers) != 1:
        return None
    scheme, _, token = headers[0].partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(token.strip(b" "), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None
