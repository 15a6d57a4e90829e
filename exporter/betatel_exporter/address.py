"""Listen addresses. Separate from the settings, because the health check needs one within milliseconds."""

import re
from typing import NamedTuple


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


DEFAULT_ADDRESS = Address("", 10742)


def parse_address(text: str) -> Address:
    """[HOST]:PORT; raises ValueError with what is allowed."""
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not (port.isascii() and port.isdigit() and int(port) <= 65535):  # noqa: PLR2004  the last TCP port
        raise ValueError("must be [HOST]:PORT, such as :10742, 127.0.0.1:10742 or [::1]:10742")
    if not re.fullmatch(r"[A-Za-z0-9._:%-]*", host):
        raise ValueError(
            "must have a host name or an IP address before the port, or nothing for all addresses"
        )
    return Address(host, int(port))
