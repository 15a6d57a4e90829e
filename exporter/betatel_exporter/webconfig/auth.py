"""HTTP basic authentication (RFC 7617) as ASGI middleware."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping

import bcrypt
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from betatel_exporter.webconfig.live import WebConfig
from betatel_exporter.webconfig.passwords import BusyError, Passwords


class BasicAuth:
    """Asks for a password on every path but the public ones, whenever the config has users."""

    def __init__(
        self,
        app: ASGIApp,
        config: WebConfig,
        public: frozenset[str] = frozenset({"/-/healthy", "/-/ready"}),
        *,
        checkpw: Callable[[bytes, bytes], bool] = bcrypt.checkpw,
    ) -> None:
        self._app = app
        self._config = config
        self._public = public
        self._passwords = Passwords(checkpw)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] != "lifespan" and scope["path"] not in self._public:
            app = await self._refusal(self._config.users, scope["headers"]) or app
        await app(scope, receive, send)

    async def _refusal(
        self, users: Mapping[str, bytes], headers: Iterable[tuple[bytes, bytes]]
    ) -> PlainTextResponse | None:
        if not users:
            return None
        credentials = _credentials([value for name, value in headers if name == b"authorization"])
        try:
            if credentials and await self._passwords.match(users, *credentials):
                return None
        except BusyError:
            return PlainTextResponse("Too many logins at once\n", 503, {"Retry-After": "1"})
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
