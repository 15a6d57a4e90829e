"""A misbehaving API on a free port, whose base URL it prints: each second another fault, half of the time none.

It begins with the worst, all queries meeting them. SIGUSR1 stops the faults, a second one lets them go on.
"""

import argparse
import asyncio
import random
import signal

from tools.faults.api import QUERIES, FakeApi
from tools.faults.cases import FAULTS

PASSING = [fault for fault in FAULTS if not fault.cooldown]
"""After a cool-down nothing would be sent for longer than a fault lasts."""


async def serve(seed: int) -> None:
    choices = random.Random(seed)  # noqa: S311  nothing secret depends on it
    paused = False
    with FakeApi() as api:

        def pause() -> None:
            nonlocal paused
            paused = not paused
            api.behave()

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, pause)
        print(api.url, flush=True)
        for fault in PASSING:
            if fault.big:
                api.misbehave(QUERIES, fault.behave)
                await asyncio.sleep(0.6)
        while True:
            api.behave()
            if not paused and choices.getrandbits(1):
                queries = choices.sample(QUERIES, choices.randint(1, len(QUERIES)))
                api.misbehave(queries, choices.choice(PASSING).behave)
            await asyncio.sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="random seed (default: 1)")
    asyncio.run(serve(parser.parse_args().seed))
