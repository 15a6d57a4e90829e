"""The faults on the way to the API, which all queries meet alike."""

import contextlib
import datetime as dt
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from betatel_exporter.api.errors import Cause, Reason
from tools.faults import behaviours
from tools.faults.api import Behaviour, FakeApi
from tools.faults.proxy import REFUSAL, Proxy
from tools.loopback import closed_port

LONG_GONE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Authorities:
    """A certificate authority that the exporter trusts, by its ca_file, and one that it does not."""

    trusted: trustme.CA
    unknown: trustme.CA
    ca_file: Path

    @classmethod
    def new(cls, folder: Path) -> "Authorities":
        authorities = cls(trustme.CA(), trustme.CA(), folder / "ca.pem")
        authorities.trusted.cert_pem.write_to_path(authorities.ca_file)
        return authorities


@dataclass(frozen=True)
class Route:
    """How the exporter is configured to go."""

    base_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)


Opened = Callable[[Authorities], AbstractContextManager[Route]]


@dataclass(frozen=True)
class NetworkFault:
    what: str
    reason: Reason
    details: Collection[str]
    open: Opened

    @property
    def slow(self) -> bool:
        """Whether only the end of the time budget ends it."""
        return self.reason is Reason.TIMEOUT

    def __str__(self) -> str:
        return self.what


def server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@contextlib.contextmanager
def unresolvable(_: Authorities) -> Iterator[Route]:
    # 315 characters: resolvers refuse it without asking anybody
    yield Route(f"http://{('a' * 60 + '.') * 5}invalid/api", flags={"allow_http": "true"})


@contextlib.contextmanager
def refused(_: Authorities) -> Iterator[Route]:
    with closed_port() as port:
        yield Route(f"http://127.0.0.1:{port}/api")


def greeted(greeting: Behaviour, scheme: str = "http") -> Opened:
    @contextlib.contextmanager
    def enter(_: Authorities) -> Iterator[Route]:
        with FakeApi(greeting=greeting) as api:
            yield Route(api.url.replace("http:", f"{scheme}:"))

    return enter


def certified(host: str = "127.0.0.1", *, trusted: bool = True, expired: bool = False) -> Opened:
    @contextlib.contextmanager
    def enter(authorities: Authorities) -> Iterator[Route]:
        authority = authorities.trusted if trusted else authorities.unknown
        certificate = authority.issue_cert(host, not_after=LONG_GONE if expired else None)
        with FakeApi(tls=server_tls(certificate)) as api:
            yield Route(api.url, flags={"ca_file": str(authorities.ca_file)})

    return enter


def by_proxy(says: bytes | None = None, *, listens: bool = True) -> Opened:
    """By a proxy that says the same to everybody, or nothing."""

    @contextlib.contextmanager
    def enter(_: Authorities) -> Iterator[Route]:
        with Proxy(says=says, silent=says is None) as proxy, closed_port() as port:
            url = proxy.url if listens else f"http://127.0.0.1:{port}"
            yield Route("https://api.example/api", {"HTTPS_PROXY": url})

    return enter


CONNECT, TLS, TIMEOUT = Reason.CONNECT, Reason.TLS, Reason.TIMEOUT
LATE = "no response within the time budget"
REFUSED = Cause.PROXY_REFUSED
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\n\r\n"

NETWORK = (
    NetworkFault("the connection is refused", CONNECT, [Cause.REFUSED], refused),
    NetworkFault(
        "the connection is reset as soon as it is open",
        CONNECT,
        [Cause.CUT_OFF, Cause.BROKEN],
        greeted(behaviours.reset),
    ),
    NetworkFault(
        "the connection is closed as soon as it is open", CONNECT, [Cause.BROKEN], greeted(behaviours.hang_up)
    ),
    NetworkFault("the host name does not resolve", CONNECT, [Cause.NAME], unresolvable),
    NetworkFault("a certificate for another name", TLS, [Cause.HOST_MISMATCH], certified("api.example")),
    NetworkFault("an expired certificate", TLS, [Cause.EXPIRED], certified(expired=True)),
    NetworkFault("an unknown issuer", TLS, [Cause.UNKNOWN_AUTHORITY], certified(trusted=False)),
    NetworkFault(
        "plain HTTP on the TLS port",
        TLS,
        [Cause.NOT_TLS, Cause.HANDSHAKE],  # by the version of OpenSSL
        greeted(behaviours.status(400), "https"),
    ),
    NetworkFault("a TLS handshake that never ends", TIMEOUT, [LATE], greeted(behaviours.silence, "https")),
    NetworkFault(
        "a TLS handshake that is cut off", CONNECT, [Cause.CUT_OFF], greeted(behaviours.hang_up, "https")
    ),
    NetworkFault("the proxy does not listen", CONNECT, [Cause.PROXY_UNREACHABLE], by_proxy(listens=False)),
    NetworkFault(
        "the proxy wants another password (407)", CONNECT, [f"{REFUSED}: HTTP 407"], by_proxy(REFUSAL)
    ),
    NetworkFault("the proxy cannot connect (502)", CONNECT, [f"{REFUSED}: HTTP 502"], by_proxy(BAD_GATEWAY)),
    NetworkFault("the proxy closes without an answer", CONNECT, [Cause.BROKEN], by_proxy(b"")),
    NetworkFault("the proxy does not answer", TIMEOUT, [LATE], by_proxy()),
)
