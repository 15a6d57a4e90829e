"""The settings in --web.config.file."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from betatel_exporter.files import DOCUMENT_BYTES, Files, Value, parse
from betatel_exporter.webconfig.tls import server_context

SECTIONS = ("tls_server_config", "http_server_config", "basic_auth_users")
UNSUPPORTED = {"rate_limit": "use --web.max-requests, which limits concurrent scrapes"}
HTTP_UNSUPPORTED = {"headers": "the exporter sets its own security headers"}

# The last characters of salt and digest carry 2 and 4 bits; bcrypt raises ValueError if the rest is not zero.
_BCRYPT = re.compile(
    r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]", re.ASCII
)
_COSTS = range(4, 17)


@dataclass(frozen=True, slots=True)
class WebSettings:
    tls: ssl.SSLContext | None
    users: Mapping[str, bytes]
    """bcrypt hashes by user name."""


def read_settings(path: Path, files: Files) -> WebSettings:
    """Raises DocumentError and UnreadableError."""
    sections = parse(files.read(path, DOCUMENT_BYTES), path).known_members(SECTIONS, UNSUPPORTED)
    if "http_server_config" in sections:
        _check_http(sections["http_server_config"])
    users = _users(sections["basic_auth_users"]) if "basic_auth_users" in sections else {}
    tls = sections.get("tls_server_config")
    return WebSettings(server_context(tls, files) if tls and tls.members() else None, users)


def _check_http(section: Value) -> None:
    http2 = section.known_members(("http2",), HTTP_UNSUPPORTED).get("http2")
    if http2 and http2.flag():
        raise http2.fault("not supported: the exporter speaks HTTP/1.1; allowed: false")


def _users(section: Value) -> dict[str, bytes]:
    return {name: _hash(name, value) for name, value in section.members().items()}


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
