"""Waiting for what another thread or process does, with a generous limit and no fixed sleep."""

import asyncio
import time
from collections.abc import Callable

LIMIT = 60.0
"""Seconds: more than a busy machine needs."""


def wait_until(condition: Callable[[], object], seconds: float = LIMIT) -> None:
    """Return once the condition holds; an AssertionError after some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.01)


async def eventually(condition: Callable[[], bool], seconds: float = LIMIT) -> bool:
    """Whether the condition holds within some seconds; the event loop goes on meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110  another thread's state has no Event here
        await asyncio.sleep(0.005)
    return condition()
