"""Which URLs can be requested."""

import httpx
import yarl


def can_be_requested(url: str) -> bool:
    """Whether every parser between here and the socket accepts a URL: httpx', aiohttp's and the resolver's."""
    try:
        request = httpx.Request("POST", url)
        yarl.URL(str(request.url)).host_port_subcomponent  # noqa: B018  parses the host
        request.url.host.encode("idna")
    except (httpx.InvalidURL, ValueError):
        return False
    return True
