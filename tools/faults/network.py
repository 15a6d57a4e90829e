"""What may be wrong with the way to the API, for all queries alike."""

import contextlib
import datetime as dt
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from betatel_exporter.api.errors import Reason
from tools.faults import behaviours
from tools.faults.api import Behaviour, Exchange, FakeApi
from tools.faults.proxy import REFUSAL, Proxy
from tools.loopback import closed_port


@dataclass(frozen=True)
class Authorities:
    """One that the exporter trusts, by its ca_file, and one that it does not."""

    trusted: trustme.CA
    unknown: trustme.CA
    ca_file: Path


@dataclass(frozen=True)
class Way:
    """How the exporter is told to go."""

    base_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    what: str
    reason: Reason
    enter: Callable[[Authorities], AbstractContextManager[Way]]
    slow: bool = False

    def __str__(self) -> str:
        return self.what


Entered = Callable[[Authorities], AbstractContextManager[Way]]


def server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@contextlib.contextmanager
def nowhere(_: Authorities) -> Iterator[Way]:
    # 315 characters: resolvers refuse it without asking anybody
    yield Way(f"http://{('a' * 60 + '.') * 5}invalid/api", flags={"allow_http": "true"})


@contextlib.contextmanager
def nobody_listens(_: Authorities) -> Iterator[Way]:
    with closed_port() as port:
        yield Way(f"http://127.0.0.1:{port}/api")


def greeted(greeting: Behaviour, scheme: str = "http") -> Entered:
    @contextlib.contextmanager
    def enter(_: Authorities) -> Iterator[Way]:
        with FakeApi(greeting=greeting) as api:
            yield Way(api.url.replace("http:", f"{scheme}:"))

    return enter


def certified(issue: Callable[[Authorities], trustme.LeafCert]) -> Entered:
    @contextlib.contextmanager
    def enter(authorities: Authorities) -> Iterator[Way]:
        with FakeApi(tls=server_tls(issue(authorities))) as api:
            yield Way(api.url, flags={"ca_file": str(authorities.ca_file)})

    return enter


def by_proxy(scheme: str = "https", *, says: bytes | None = None, silent: bool = False) -> Entered:
    @contextlib.contextmanager
    def enter(authorities: Authorities) -> Iterator[Way]:
        tls = server_tls(authorities.trusted.issue_cert("127.0.0.1")) if scheme == "https" else None
        with FakeApi(tls=tls) as api, Proxy(says=says, silent=silent) as proxy:
            environment = {f"{scheme.upper()}_PROXY": proxy.url}
            yield Way(api.url, environment, {"ca_file": str(authorities.ca_file)})

    return enter


@contextlib.contextmanager
def by_no_proxy(authorities: Authorities) -> Iterator[Way]:
    with by_proxy()(authorities) as way, closed_port() as port:
        yield Way(way.base_url, {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}, way.flags)


async def close(exchange: Exchange) -> None:
    exchange.writer.close()


LONG_GONE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
CONNECT, TLS, TIMEOUT = Reason.CONNECT, Reason.TLS, Reason.TIMEOUT

PLACES = (
    Place("the connection is refused", CONNECT, nobody_listens),
    Place("the connection is reset as soon as it is open", CONNECT, greeted(behaviours.reset)),
    Place("the connection is closed as soon as it is open", CONNECT, greeted(close)),
    Place("the host name does not resolve", CONNECT, nowhere),
    Place("a certificate for another name", TLS, certified(lambda ca: ca.trusted.issue_cert("api.example"))),
    Place(
        "an expired certificate",
        TLS,
        certified(lambda ca: ca.trusted.issue_cert("127.0.0.1", not_after=LONG_GONE)),
    ),
    Place("an unknown issuer", TLS, certified(lambda ca: ca.unknown.issue_cert("127.0.0.1"))),
    Place("plain HTTP on the TLS port", TLS, greeted(behaviours.status(400), "https")),
    Place("a TLS handshake that never ends", TIMEOUT, greeted(behaviours.silence, "https"), slow=True),
    Place("a TLS handshake that is cut off", CONNECT, greeted(close, "https")),
    Place("the proxy does not listen", CONNECT, by_no_proxy),
    Place("the proxy wants another password (407)", CONNECT, by_proxy(says=REFUSAL)),
    Place("the proxy cannot connect (502)", CONNECT, by_proxy(says=b"HTTP/1.1 502 Bad Gateway\r\n\r\n")),
    Place("the proxy closes without an answer", CONNECT, by_proxy(says=b"")),
    Place("the proxy does not answer", TIMEOUT, by_proxy(silent=True), slow=True),
)
