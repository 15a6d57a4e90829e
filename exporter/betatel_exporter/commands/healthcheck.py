"""The command healthcheck: what a container's HEALTHCHECK runs, where there is no curl."""

import http.client
import ssl

from betatel_exporter.config import Address

TIMEOUT = 5.0
"""Seconds the exporter has to answer."""


def healthy(listening: Address, *, tls: bool) -> bool:
    """Whether an exporter with this address answers on this machine.

    With a web configuration file either scheme may be the right one: https is tried first. Whose certificate it is does
    not matter for the question whether the process lives.
    """
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(listening.host, listening.host)  # noqa: S104
    unverified = ssl._create_unverified_context() if tls else None  # noqa: S323, SLF001
    if unverified and _answers(
        http.client.HTTPSConnection(host, listening.port, timeout=TIMEOUT, context=unverified)
    ):
        return True
    return _answers(http.client.HTTPConnection(host, listening.port, timeout=TIMEOUT))


def _answers(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/-/healthy")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
