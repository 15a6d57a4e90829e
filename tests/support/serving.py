"""An app on a real socket, in the test's own event loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import ASGIApp

from betatel_exporter.config import Address
from betatel_exporter.web.server import bind, bound


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The app's base URL on a free loopback port; ends with every connection closed."""
    socket = bind(Address("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        yield f"http://{bound(socket)}"
    finally:
        server.should_exit = True
        await task
