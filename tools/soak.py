"""Overlapping scrapers while the API's faults change each second: is a page wrong or late, and does anything grow?

Five scrapers, each with an interval and a timeout of its own, read the pages of three accounts; a tenth of the scrapes hang
up.
"""

import argparse
import asyncio
import contextlib
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.faults.api import ACCOUNT_ID, KEY
from tools.process import Process

ACCOUNTS = 3

HANGING_UP = 0.1
"""Share of the scrapes."""

HANG_UP_AFTER = (0.002, 0.02, 0.2)
"""Seconds."""

WARM_UP = 20.0
"""Seconds before the first measurement: pools fill, and the worst answers have been there."""

GROWTH_ALLOWED = {"MB": 12.0, "open files": 0, "threads": 0}
"""Memory has noise, but no leak of 1 KB a scrape in 20 minutes."""

SETTLED_WITHIN = 12.0
"""Seconds: the longest call, and some."""

SCRAPERS = ((1.0, 0.9), (1.3, 1.2), (1.7, 1.7), (2.3, 2.0), (3.1, 5.0))
"""Interval and timeout of each, in seconds."""


@dataclass
class Tally:
    statuses: Counter[str] = field(default_factory=Counter)
    hung_up: int = 0
    whole: int = 0
    """Pages without a fault."""
    shares: list[float] = field(default_factory=list)
    """Times of the pages as shares of their scrapers' timeouts, less the time without a CPU: that is the machine's."""

    def add(self, page: bytes, share: float) -> None:
        self.statuses[page[9:12].decode()] += 1
        self.whole += re.findall(rb"^betatel_up{.*} (\S+)", page, re.MULTILINE) == [b"1.0"] * ACCOUNTS
        self.shares.append(share)


@dataclass(frozen=True)
class Exporter:
    process: Process
    port: int

    async def get(self, timeout: float) -> bytes:  # noqa: ASYNC109  the scraper's, which the exporter keeps
        """The whole answer, head included."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            header = f"X-Prometheus-Scrape-Timeout-Seconds: {timeout:g}"
            writer.write(
                f"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n\r\n".encode()
            )
            return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def scrape(self, timeout: float, hang_up: float, tally: Tally) -> None:  # noqa: ASYNC109
        started, waited = time.perf_counter(), self.process.waited()
        try:
            async with asyncio.timeout(hang_up):
                page = await self.get(timeout)
        except TimeoutError:
            tally.hung_up += 1
            return
        took = time.perf_counter() - started - (self.process.waited() - waited)
        tally.add(page, took / timeout)

    async def scrape_for(self, seconds: float, seed: int) -> Tally:
        """What all scrapers got within some seconds."""
        tally = Tally()
        choices = random.Random(seed)  # noqa: S311  nothing secret depends on it
        until = time.monotonic() + seconds

        async def repeat(interval: float, timeout: float) -> None:  # noqa: ASYNC109
            at = time.monotonic() + choices.random() * interval
            while at < until:
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                at += interval
                hang_up = choices.choice(HANG_UP_AFTER) if choices.random() < HANGING_UP else 60.0
                await self.scrape(timeout, hang_up, tally)

        await asyncio.gather(*(repeat(*scraper) for scraper in SCRAPERS))
        return tally

    async def settled(self, api: Process) -> dict[str, float]:
        """What is in use when all is well and nothing is under way."""
        api.signal(signal.SIGUSR1)
        await asyncio.sleep(SETTLED_WITHIN)
        await self.get(10)
        await asyncio.sleep(1)
        api.signal(signal.SIGUSR1)
        process = self.process
        return {"MB": process.memory(), "open files": process.open_files(), "threads": process.threads()}


@contextlib.contextmanager
def running(folder: Path, seed: int) -> Iterator[tuple[Process, Exporter]]:
    """The API and the exporter, each a process."""
    with Process([sys.executable, "-m", "tools.faults", f"--seed={seed}"]) as api:
        url = api.wait_for(r"^http\S+")[0]
        accounts = "".join(
            f"- {{name: a{n}, account_id: {ACCOUNT_ID}, api_key: {KEY}}}\n" for n in range(ACCOUNTS)
        )
        file = folder / "soak.yml"
        file.write_text(f"base_url: {url}\naccounts:\n{accounts}")
        flags = f"--config.file={file}", "--web.listen-address=127.0.0.1:0"
        with Process([sys.executable, "-m", "betatel_exporter", *flags]) as process:
            yield api, Exporter(process, int(process.wait_for(r"address=\S+:(\d+)")[1]))


async def soak(folder: Path, seconds: float, seed: int) -> list[str]:
    """Prints what was found; returns what of it is wrong."""
    with running(folder, seed) as (api, exporter):
        await exporter.scrape_for(WARM_UP, seed)
        start = await exporter.settled(api)
        tally = await exporter.scrape_for(seconds, seed)
        end = await exporter.settled(api)
        tracebacks = "Traceback" in exporter.process.output
    late = sum(share > 1 for share in tally.shares)
    print(f"{seconds / 60:g} minutes, seed {seed}: statuses {dict(tally.statuses)}, {tally.hung_up} hung up")
    print(
        f"{tally.whole} pages without a fault; {late} late; the longest took {max(tally.shares):.0%} of its timeout"
    )
    for name, before in start.items():
        print(f"{name}: {before:.0f} at the start, {end[name]:.0f} at the end")
    wrong = {name: end[name] > start[name] + allowed for name, allowed in GROWTH_ALLOWED.items()}
    wrong |= {
        "a status other than 200": set(tally.statuses) != {"200"},
        "late pages": late > 0,
        "a traceback": tracebacks,
    }
    return [name for name, is_so in wrong.items() if is_so]


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
