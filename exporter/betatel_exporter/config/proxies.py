"""The proxy for a URL, as the environment's HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name it."""

from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

PORTS = {"http": 80, "https": 443}


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """A proxy's URL, which may contain a password; None for a direct connection. Raises ValueError, never quoting it."""
    parts = urlsplit(url)
    named = _named(environ)
    proxy = named.get(parts.scheme) or named.get("all")
    if not proxy or _is_exempt(parts, named.get("no", "")):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_usable(proxy):
        scheme = parts.scheme.upper()
        raise ValueError(f"{scheme}_PROXY or ALL_PROXY: must be a URL that starts with http:// or https://")
    return proxy


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    """By scheme. Lower-case variables override upper-case ones, and an empty one unsets, as in curl."""
    suffix = "_proxy"
    upper_case_first = sorted(environ.items())
    named = {
        name.lower().removesuffix(suffix): value
        for name, value in upper_case_first
        if name.lower().endswith(suffix)
    }
    return {scheme: value for scheme, value in named.items() if value}


def _is_exempt(url: SplitResult, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host, a domain above it, or everything."""
    host = f".{url.hostname or ''}"
    with_port = f"{host}:{url.port or PORTS.get(url.scheme)}"
    suffixes = [f".{name.strip().lower().lstrip('.')}" for name in no_proxy.split(",") if name.strip()]
    return any(suffix == ".*" or host.endswith(suffix) or with_port.endswith(suffix) for suffix in suffixes)


def _is_usable(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy)
        port = parts.port
    except ValueError:
        return False
    sendable = ":" not in unquote(parts.username or "")  # it ends the name in Proxy-Authorization
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and sendable
