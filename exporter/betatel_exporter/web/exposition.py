"""From families to an HTTP response; formats, gzip and name[] are the client library's."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Metric, make_asgi_app
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

VERSIONS = {"0.0.1", "0.0.4", "1.0.0"}
"""Of the formats in an Accept header. The client library cannot compare others with its own."""


class Page(Response):
    """A response that is over when the client has taken it, not when it is in our buffers."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def render(families: Iterable[Metric], request: Request) -> Page:
    """The families in the format, encoding and selection that a request asks for."""
    registry = CollectorRegistry()
    registry.register(_Collected([*families]))
    scope = {
        "type": "http",
        "query_string": request.scope["query_string"].decode(errors="replace").encode(),
        "headers": [
            (b"accept", ",".join(_known_ranges(request.headers.getlist("accept"))).encode()),
            (b"accept-encoding", ",".join(request.headers.getlist("accept-encoding")).encode()),
        ],
    }
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await make_asgi_app(registry)(scope, _no_body, keep)
    start, body = messages
    return Page(body["body"], headers={name.decode(): value.decode() for name, value in start["headers"]})


class _Collected(Collector):
    """Families as a registry takes them."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        return self._families

    describe = collect  # name[] finds a family by what describes it


def _known_ranges(accept: Iterable[str]) -> Iterator[str]:
    """Media ranges whose version is known, if they have one."""
    for media_range in ",".join(accept).split(","):
        parameters = [parameter.strip().partition("=") for parameter in media_range.split(";")]
        if all(value in VERSIONS for name, _, value in parameters if name == "version"):
            yield media_range


async def _no_body() -> Message:
    return {"type": "http.request"}
