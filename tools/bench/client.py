"""The cheapest HTTP client there is: kept connections, requests made once, no parsing beyond where an answer ends."""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping, Sequence

AS_PROMETHEUS = {
    "accept": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "accept-encoding": "gzip",
    "x-prometheus-scrape-timeout-seconds": "10",
}
"""As Prometheus 3 asks by default, with its default timeout."""


def request(path: str, headers: Mapping[str, str] = AS_PROMETHEUS, body: str = "") -> bytes:
    """A GET without a body, else a POST."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", body]).encode()


class Pages:
    """One or several requests sent at once, each on a kept connection: done when the last one is answered."""

    def __init__(self, port: int, requests: Sequence[bytes], tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._connections = [_Connection(port, request, tls) for request in requests]

    async def get(self) -> list[bytes]:
        """The bodies, as they were sent; raises RuntimeError if a status is not 200."""
        return await asyncio.gather(*(connection.exchange() for connection in self._connections))

    async def aclose(self) -> None:
        for connection in self._connections:
            await connection.aclose()


class _Connection:
    """Opened by the first exchange."""

    def __init__(self, port: int, request: bytes, tls: ssl.SSLContext | None) -> None:
        self._port = port
        self._request = request
        self._tls = tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self) -> bytes:
        if self._streams is None:
            host = "localhost" if self._tls else None
            self._streams = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._tls, server_hostname=host
            )
        reader, writer = self._streams
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await _body(reader, head)
        if head[9:12] != b"200":
            raise RuntimeError(f"{head!r} {body[:200]!r}")
        if head.startswith(b"http/1.0") or b"\r\nconnection: close\r\n" in head:
            await self.aclose()
        return body

    async def aclose(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    _, counted, rest = head.partition(b"\r\ncontent-length:")
    if counted:
        return await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    if b"\r\ntransfer-encoding: chunked\r\n" not in head:
        return await reader.read()
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body
