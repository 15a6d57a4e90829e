"""A misbehaving API on a free port, whose base URL it prints: each second another fault, half of the time none.

It begins with the worst, all queries meeting them. SIGUSR1 ends the faults, SIGUSR2 lets them go on.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import Iterator

from tools.faults.api import QUERIES, FakeApi
from tools.faults.cases import FAULTS

# after a cool-down nothing would be sent for longer than a fault lasts
PASSING = [fault for fault in FAULTS if not fault.cooldown]


class Faults:
    """What an API does, changed in the course of time."""

    def __init__(self, api: FakeApi, seed: int) -> None:
        self._api = api
        self._random = random.Random(seed)  # noqa: S311  nothing secret depends on it
        self._paused = False

    def pause(self) -> None:
        self._paused = True
        self._api.behave()

    def go_on(self) -> None:
        self._paused = False

    async def run(self) -> None:
        for fault in PASSING:
            if fault.big:
                self._api.misbehave(QUERIES, fault.behave)
                await asyncio.sleep(0.6)
        while True:
            if not self._paused:
                self._draw()
            await asyncio.sleep(1)

    def _draw(self) -> None:
        self._api.behave()
        if self._random.getrandbits(1):
            fault = self._random.choice(PASSING)
            queries = self._random.sample(QUERIES, self._random.randint(1, len(QUERIES)))
            self._api.misbehave(queries, fault.behave)


async def serve(seed: int) -> None:
    with FakeApi() as api:
        faults = Faults(api, seed)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, faults.pause)
        loop.add_signal_handler(signal.SIGUSR2, faults.go_on)
        sys.stdout.write(f"{api.url}\n")
        sys.stdout.flush()
        await faults.run()


@contextlib.contextmanager
def _until_interrupted() -> Iterator[None]:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="random seed (default: 1)")
    with _until_interrupted():
        asyncio.run(serve(parser.parse_args().seed))
