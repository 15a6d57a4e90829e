"""Overlapping scrapers while the API's faults change each second: is a page wrong or late, and does anything grow?

Five scrapers, each with an interval and a timeout of its own, read the pages of three accounts; a tenth of the scrapes hang
up.
"""

import argparse
import asyncio
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tools.faults.api import ACCOUNT_ID, KEY
from tools.process import Process

ACCOUNTS = 3
SCRAPERS = ((1.0, 0.9), (1.3, 1.2), (1.7, 1.7), (2.3, 2.0), (3.1, 5.0))
"""Interval and timeout of each, in seconds."""

HANGING_UP = 0.1
"""Share of the scrapes."""

HANG_UP_AFTER = (0.002, 0.02, 0.2)
"""Seconds."""

WARM_UP = 20.0
"""Seconds before the first measurement: pools fill, and the worst answers have been there."""

SETTLED_WITHIN = 12.0
"""Seconds: the longest call, and some."""

GROWTH_ALLOWED = {"MB": 12.0, "open files": 0, "threads": 0}
"""Memory has noise, but no leak of 1 KB a scrape in 20 minutes."""


@dataclass
class Soak:
    api: Process
    exporter: Process
    url: str
    choices: random.Random
    statuses: Counter[int] = field(default_factory=Counter)
    hung_up: int = 0
    whole: int = 0
    """Pages without a fault."""
    longest: float = 0.0
    """Time of a page as a share of its scraper's timeout, less the time that the exporter had no CPU."""

    async def run(self, seconds: float) -> None:
        """All scrapers for some seconds, each scrape on a connection of its own."""
        until = time.monotonic() + seconds
        async with httpx.AsyncClient(
            limits=httpx.Limits(max_keepalive_connections=0), trust_env=False
        ) as client:
            await asyncio.gather(*(self._repeat(client, until, *scraper) for scraper in SCRAPERS))

    async def _repeat(self, client: httpx.AsyncClient, until: float, interval: float, timeout: float) -> None:  # noqa: ASYNC109  the scraper's
        at = time.monotonic() + self.choices.random() * interval
        while at < until:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            at += interval
            hang_up = self.choices.choice(HANG_UP_AFTER) if self.choices.random() < HANGING_UP else 60.0
            await self._scrape(client, timeout, hang_up)

    async def _scrape(self, client: httpx.AsyncClient, timeout: float, hang_up: float) -> None:  # noqa: ASYNC109
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": f"{timeout:g}"}
        started, waited = time.perf_counter(), self.exporter.waited()
        try:
            async with asyncio.timeout(hang_up):
                page = await client.get(self.url, headers=headers, timeout=None)
        except TimeoutError:
            self.hung_up += 1
            return
        took = time.perf_counter() - started - (self.exporter.waited() - waited)
        self.longest = max(self.longest, took / timeout)
        self.statuses[page.status_code] += 1
        up = re.findall(r"^betatel_up{.*} (\S+)", page.text, re.MULTILINE)
        self.whole += up == ["1.0"] * ACCOUNTS

    async def settled(self) -> dict[str, float]:
        """What the exporter uses when all is well and nothing is under way."""
        self.api.signal(signal.SIGUSR1)
        await asyncio.sleep(SETTLED_WITHIN)
        self.api.signal(signal.SIGUSR1)
        exporter = self.exporter
        return {"MB": exporter.memory(), "open files": exporter.open_files(), "threads": exporter.threads()}


async def soak(folder: Path, seconds: float, seed: int) -> list[str]:
    """Prints what was found; returns what of it is wrong."""
    file = folder / "soak.yml"
    flags = f"--config.file={file}", "--web.listen-address=127.0.0.1:0"
    with Process([sys.executable, "-m", "tools.faults", f"--seed={seed}"]) as api:
        base_url = api.wait_for(r"^http\S+")[0]
        accounts = (f"- {{name: a{n}, account_id: {ACCOUNT_ID}, api_key: {KEY}}}\n" for n in range(ACCOUNTS))
        file.write_text(f"base_url: {base_url}\naccounts:\n{''.join(accounts)}")
        with Process([sys.executable, "-m", "betatel_exporter", *flags]) as exporter:
            address = exporter.wait_for(r"address=(\S+)")[1]
            soak = Soak(api, exporter, f"http://{address}/metrics", random.Random(seed))  # noqa: S311  nothing secret depends on it
            await soak.run(WARM_UP)
            start = await soak.settled()
            await soak.run(seconds)
            end = await soak.settled()
    print(f"{seconds / 60:g} minutes, seed {seed}: statuses {dict(soak.statuses)}, {soak.hung_up} hung up")
    print(f"{soak.whole} pages without a fault; the longest took {soak.longest:.0%} of its timeout")
    for name, before in start.items():
        print(f"{name}: {before:.0f} at the start, {end[name]:.0f} at the end")
    wrong = [name for name, allowed in GROWTH_ALLOWED.items() if end[name] > start[name] + allowed]
    wrong += ["a status other than 200"] * (set(soak.statuses) != {200})
    wrong += ["late pages"] * (soak.longest > 1)
    return wrong + ["a traceback"] * ("Traceback" in exporter.output)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.75, help="how long (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="random seed (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(soak(Path(folder), 60 * arguments.minutes, arguments.seed))
    print(f"grown or wrong: {', '.join(wrong)}" if wrong else "nothing has grown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
