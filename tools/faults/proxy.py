"""An HTTP proxy: CONNECT for https, forwarding for http, with or without a password, or one that fails."""

import asyncio
from base64 import b64encode

from tools.loopback import LoopbackServer

USER, PASSWORD = "courier", "pr0xy-passw0rd-that-must-stay-hidden"

REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


class Proxy(LoopbackServer):
    def __init__(self, *, says: bytes | None = None, silent: bool = False) -> None:
        """What it says to everybody, instead of doing its work; or nothing at all."""
        super().__init__()
        self._says = says
        self._silent = silent
        self.asked: list[str] = []
        """First lines of the requests with the right password."""

    @property
    def url(self) -> str:
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line = head.partition(b"\r\n")[0].decode()
        if self._silent:
            await reader.read()  # until the other side gives up
            return
        says = self._says if _authorized(head) else REFUSAL
        if says is not None:
            writer.write(says)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            return
        self.asked.append(line)
        await self._forward(line, head, reader, writer)

    async def _forward(
        self, line: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        method, target, _ = line.split(" ")
        authority = target if method == "CONNECT" else target.split("/")[2]
        host, _, port = authority.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = target.split(authority, 1)[1]
            far_writer.write(head.replace(target.encode(), path.encode(), 1))
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


def _authorized(head: bytes) -> bool:
    headers = dict(line.lower().partition(": ")[::2] for line in head.decode().split("\r\n"))
    expected = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return headers.get("proxy-authorization") == f"basic {expected}".lower()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
