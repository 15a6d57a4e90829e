"""Which URLs can be requested."""

from urllib.parse import urlsplit

import httpx
import yarl


def can_be_requested(url: str) -> bool:
    """Whether every parser between here and the socket accepts a URL: Python's, httpx', aiohttp's and the resolver's."""
    try:
        urlsplit(url).port  # noqa: B018  parses it
        request = httpx.Request("POST", url)
        yarl.URL(str(request.url)).host_port_subcomponent  # noqa: B018  the same
        request.url.host.encode("idna")
    except (httpx.InvalidURL, ValueError):
        return False
    return True
