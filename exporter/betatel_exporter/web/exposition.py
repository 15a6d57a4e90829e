"""Metric families as an HTTP response; formats and name[] are the client library's."""

import gzip
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder, gzip_accepted
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

VERSIONS = {"0.0.1", "0.0.4", "1.0.0"}
"""Of the formats in an Accept header. The client library cannot compare others with its own."""


class Page(Response):
    """A response that ends when the client has read it, not when it is buffered."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def render(families: Iterable[Metric], request: Request) -> Page:
    """The families in the format, encoding and selection that a request asks for."""
    encode, content_type = choose_encoder(",".join(_known_ranges(request.headers.getlist("accept"))))
    content, headers = encode(_selected(families, request)), {"content-type": content_type}
    if gzip_accepted(",".join(request.headers.getlist("accept-encoding"))):
        content, headers["content-encoding"] = gzip.compress(content), "gzip"
    return Page(content, headers=headers)


def _selected(families: Iterable[Metric], request: Request) -> Collector:
    collected = _Collected([*families])
    names = [name for name in request.query_params.getlist("name[]") if name]
    if not names:
        return collected
    registry = CollectorRegistry()
    registry.register(collected)
    return registry.restricted_registry(names)


class _Collected(Collector):
    """Families as a registry takes them."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        return self._families

    describe = collect  # name[] looks families up by it


def _known_ranges(accept: Iterable[str]) -> Iterator[str]:
    """Media ranges whose version is known, if they have one."""
    for media_range in ",".join(accept).split(","):
        parameters = [parameter.strip().partition("=") for parameter in media_range.split(";")]
        if all(value in VERSIONS for name, _, value in parameters if name == "version"):
            yield media_range
