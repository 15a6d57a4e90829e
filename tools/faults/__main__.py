"""A misbehaving API on a free port: each second another fault, half of the time none. Prints its base URL.

SIGUSR1 ends the faults, SIGUSR2 lets them go on.
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


class Weather:
    def __init__(self, api: FakeApi, seed: int) -> None:
        self._api = api
        self._random = random.Random(seed)  # noqa: S311  nothing secret depends on it
        self._calm = False

    def calm(self) -> None:
        self._calm = True
        self._api.behave()

    def go_on(self) -> None:
        self._calm = False

    async def change(self, seconds: float = 1.0) -> None:
        while True:
            await asyncio.sleep(seconds)
            if not self._calm:
                self._draw()

    def _draw(self) -> None:
        self._api.behave()
        if self._random.getrandbits(1):
            fault = self._random.choice(PASSING)
            queries = self._random.sample(QUERIES, self._random.randint(1, len(QUERIES)))
            self._api.misbehave(queries, fault.behave)


async def serve(seed: int) -> None:
    with FakeApi() as api:
        weather = Weather(api, seed)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, weather.calm)
        loop.add_signal_handler(signal.SIGUSR2, weather.go_on)
        sys.stdout.write(f"{api.url}\n")
        sys.stdout.flush()
        await weather.change()


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
