"""The command healthcheck: what a container's HEALTHCHECK runs, because a slim image has no curl.

It runs every few seconds, so it reads the settings it needs itself and speaks HTTP over a plain socket: a tenth of the CPU
that the settings model and an HTTP library take.
"""

import argparse
import re
import socket
import sys
from collections.abc import Mapping, Sequence

from betatel_exporter.address import DEFAULT_ADDRESS, Address, parse_address

# TLS and YAML are imported only where the settings call for them.
# ruff: noqa: PLC0415

UNHEALTHY, WRONG_SETTINGS = 1, 2
TIMEOUT = 4.0
"""Seconds for connecting and for each read."""
REQUEST = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

SETTINGS = {
    "web.listen_address": ("--web.listen-address", "BETATEL_WEB__LISTEN_ADDRESS"),
    "web.config_file": ("--web.config.file", "BETATEL_WEB__CONFIG_FILE"),
    "config_file": ("--config.file", "BETATEL_CONFIG_FILE"),
}
"""Flag and variable of each setting that says where the exporter listens, by its key."""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Exit code: 0 healthy, 1 unhealthy, 2 wrong settings."""
    try:
        address, https = endpoint(_flags(arguments), environ)
    except (argparse.ArgumentError, ValueError) as error:
        message = re.sub("'.*'", "(a value)", str(error).removeprefix("argument "))
        sys.stderr.write(f"betatel-exporter: {message}\n")
        return WRONG_SETTINGS
    healthy = (https and _answers(address, tls=True)) or _answers(address, tls=False)
    return 0 if healthy else UNHEALTHY


def endpoint(flags: Mapping[str, str], environ: Mapping[str, str]) -> tuple[Address, bool]:
    """The address of an exporter with these settings, and whether it may serve HTTPS; raises ValueError."""
    given = {key: flags.get(key) or environ.get(variable) for key, (_, variable) in SETTINGS.items()}
    file = given["config_file"]
    web = _web_section(file) if file else {}
    address = given["web.listen_address"] or web.get("listen_address")
    try:
        parsed = parse_address(address) if address else DEFAULT_ADDRESS
    except ValueError as error:
        raise ValueError(f"web.listen_address: {error}") from None
    return parsed, bool(given["web.config_file"] or web.get("config_file"))


def _flags(arguments: Sequence[str]) -> Mapping[str, str]:
    """By key of the setting; raises ArgumentError and ValueError."""
    parser = argparse.ArgumentParser(
        usage="betatel-exporter healthcheck [flags]",
        description="Request /-/healthy of the exporter on this machine: exit code 0 healthy, 1 unhealthy.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        exit_on_error=False,
    )
    for key, (flag, variable) in SETTINGS.items():
        parser.add_argument(flag, dest=key, metavar="VALUE", help=f"also {variable}")
    flags, unknown = parser.parse_known_args(arguments)
    if unknown:  # not quoted: it could be a key
        allowed = ", ".join(flag for flag, _ in SETTINGS.values())
        raise ValueError(f"healthcheck: unknown argument; allowed: {allowed}")
    return vars(flags)


def _web_section(path: str) -> Mapping[str, str]:
    from pathlib import Path

    from betatel_exporter.files import DOCUMENT_BYTES, UnusableError, parse, read

    try:
        web = parse(read(Path(path), DOCUMENT_BYTES), Path(path)).members().get("web")
        return {name: value.scalar() for name, value in web.members().items()} if web else {}
    except UnusableError as error:
        raise ValueError(f"config_file: {error}") from None


def _answers(address: Address, *, tls: bool) -> bool:
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104
    try:
        with socket.create_connection((host, address.port), TIMEOUT) as connection:
            wrapped = _encrypted(connection) if tls else connection
            wrapped.sendall(REQUEST)
            line = wrapped.makefile("rb").readline(1024)
            return line.startswith(b"HTTP/1.") and line[9:12] == b"200"
    except OSError:
        return False


def _encrypted(connection: socket.socket) -> socket.socket:
    import ssl

    return ssl._create_unverified_context().wrap_socket(connection)  # noqa: S323, SLF001  only whether it answers
