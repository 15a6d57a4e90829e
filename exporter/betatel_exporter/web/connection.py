"""A client's connection, with limits on what it sends, how long it takes and what it leaves unread."""

from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

REQUEST_BYTES = 32 * 1024
"""Most that a client may send before it has an answer: the request's head, and a body that nobody reads."""

REQUEST_LINES = 128
"""Most lines of it; many short headers cost more to parse than a few long ones."""

REQUEST_SECONDS = 10.0
"""Time for a whole request, from its first byte; for the first one, from the connection's start."""

IDLE_SECONDS = 75.0
"""Time between requests: longer than the usual scrape interval, so that TLS need not begin anew."""

UNREAD_SECONDS = 10.0
"""Time that a client may leave an answer unread."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 connection with limits, which the listener checks once a second.

    Built on h11 rather than httptools, which holds a head of any size and parses pipelined requests all at once. h11 costs
    0.06 ms of CPU more a request.
    """

    def __init__(
        self, config: uvicorn.Config, server_state: ServerState, app_state: dict[str, Any], client: str
    ) -> None:
        super().__init__(config, server_state, app_state)
        self.network = client
        self.lost = self.loop.create_future()
        self._since = self.loop.time()
        self._received = 0
        self._lines = 0
        self._unread_since: float | None = None

    @property
    def answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def idle_since(self) -> float:
        """Since when it has waited for a request, in event loop time; infinite while a request is being served."""
        return float("inf") if self.answering else self._since

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._received:
            self._since = self.loop.time()
        self._received += len(data)
        self._lines += data.count(b"\n")
        if self._received > REQUEST_BYTES or self._lines > REQUEST_LINES:
            self._refuse()
            return
        super().data_received(data)
        self._count_unanswered()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()
        self._count_unanswered()

    def send_400_response(self, msg: str) -> None:
        if self.answering or self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.abort()  # a second response cannot begin
        else:
            super().send_400_response(msg)

    def shutdown(self) -> None:
        if self.answering:
            self.cycle.keep_alive = False
        elif self.transport is not None:
            self.transport.close()

    def check(self, now: float) -> None:
        """Close the connection if a time limit has passed."""
        if self.transport is None:
            return
        if not self.transport.get_write_buffer_size():
            self._unread_since = None
        elif self._unread_since is None:
            self._unread_since = now
        elif now - self._unread_since > UNREAD_SECONDS:
            self.abort()
        if now - self.idle_since > (IDLE_SECONDS if self.cycle and not self._received else REQUEST_SECONDS):
            self.transport.close()

    def abort(self) -> None:
        """Close the connection immediately, in any state."""
        if self.cycle is not None:
            self.cycle.disconnected = True
        if self.transport is not None:
            self.transport.abort()

    def _count_unanswered(self) -> None:
        if self.conn.states == {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}:
            rest, _ = self.conn.trailing_data
            self._received = len(rest)
            self._lines = rest.count(b"\n")

    def _refuse(self) -> None:
        if self.answering:
            self.abort()
        else:
            self.transport.write(TOO_LARGE)
            self.transport.close()
