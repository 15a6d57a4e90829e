"""Limits on concurrent work, shared between client addresses."""

import ipaddress
from collections import Counter

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class ClientLimiter:
    """A concurrency limit shared between client addresses.

    An address may hold as many slots as are still free: alone half of them, rounded up; a second address half of the
    rest, and so on. No single address can take every slot, however often it asks.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: Counter[str] = Counter()

    def take(self, client: str) -> bool:
        """Take a slot, if this client may have one now."""
        if self._held[client] >= self.limit - self._held.total():
            return False
        self._held[client] += 1
        return True

    def give_back(self, client: str) -> None:
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]


class ScrapeLimiter:
    """ASGI middleware that refuses scrapes beyond the limit. A scrape ends when its page is written."""

    def __init__(self, app: ASGIApp, limiter: ClientLimiter) -> None:
        self._app = app
        self._limiter = limiter
        self._refusal = PlainTextResponse(
            f"too many concurrent scrapes: the limit is {limiter.limit}, for one client address half of what is free\n",
            503,
            {"Retry-After": "1"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = client_network(scope)
        if not self._limiter.take(client):
            await self._refusal(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._limiter.give_back(client)


def client_network(scope: Scope) -> str:
    """The client that a limiter counts a request for: an IPv4 address, or an IPv6 /64 network, which is one client's."""
    host: str = (scope.get("client") or ("",))[0]
    return network(host)


def network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
