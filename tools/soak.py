"""Overlapping scrapers while the API's faults change each second: is a page wrong or late, and does anything grow?

Five scrapers, each with an interval and a timeout of its own, read the pages of three accounts; a tenth of the scrapes hang
up.
"""

import argparse
import asyncio
import contextlib
import json
import random
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
from tools.soaked import Usage

ACCOUNTS = 3

HANGING_UP = 0.1
"""Share of the scrapes."""

HANG_UP_AFTER = (0.002, 0.02, 0.2)
"""Seconds."""

WARM_UP = 20.0
"""Seconds before the first measurement: pools fill, and the worst answers have been there."""

MEMORY_ALLOWED = 12.0
"""MB that the exporter may grow by: noise, but no leak of 1 KB a scrape in 20 minutes."""

SETTLED_WITHIN = 12.0
"""Seconds: the longest call, and some."""


@dataclass
class Exporter:
    process: Process
    address: tuple[str, int]

    def usage(self) -> Usage:
        self.process.signal(signal.SIGUSR1)
        return Usage(**json.loads(self.process.wait_for(r"^usage (.*)")[1]))

    async def get(self, path: str, patience: float = 10.0) -> bytes:
        """The whole answer, head included."""
        reader, writer = await asyncio.open_connection(*self.address)
        try:
            header = f"X-Prometheus-Scrape-Timeout-Seconds: {patience:g}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n\r\n".encode())
            return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@dataclass
class Tally:
    statuses: Counter[str] = field(default_factory=Counter)
    hung_up: int = 0
    late: int = 0
    """Pages after their scraper's timeout, had the exporter had a CPU whenever it needed one."""
    whole: int = 0
    """Pages without a fault."""
    longest: float = 0.0
    """Time of a page as a share of its scraper's timeout."""

    def add(self, page: bytes, share: float) -> None:
        self.statuses[page[9:12].decode()] += 1
        self.whole += _all_up(page)
        self.late += share > 1
        self.longest = max(self.longest, share)


def _all_up(page: bytes) -> bool:
    up = [line for line in page.splitlines() if line.startswith(b"betatel_up{")]
    return len(up) == ACCOUNTS and all(line.endswith(b" 1.0") for line in up)


@dataclass(frozen=True)
class Scraper:
    interval: float
    timeout: float
    """Both in seconds."""

    async def run(self, exporter: Exporter, until: float, choices: random.Random, tally: Tally) -> None:
        next_scrape = time.monotonic() + choices.random() * self.interval
        while next_scrape < until:
            await asyncio.sleep(max(0.0, next_scrape - time.monotonic()))
            next_scrape += self.interval
            hang_up = choices.random() < HANGING_UP
            await self._scrape(exporter, choices.choice(HANG_UP_AFTER) if hang_up else 60.0, tally)

    async def _scrape(self, exporter: Exporter, limit: float, tally: Tally) -> None:
        started, waited = time.perf_counter(), exporter.process.waited()
        try:
            async with asyncio.timeout(limit):
                page = await exporter.get("/metrics", self.timeout)
        except TimeoutError:
            tally.hung_up += 1
        else:
            waited = exporter.process.waited() - waited
            tally.add(page, (time.perf_counter() - started - waited) / self.timeout)


SCRAPERS = (Scraper(1.0, 0.9), Scraper(1.3, 1.2), Scraper(1.7, 1.7), Scraper(2.3, 2.0), Scraper(3.1, 5.0))


async def scrape(exporter: Exporter, seconds: float, seed: int) -> Tally:
    """What all scrapers got within some seconds."""
    tally = Tally()
    choices = random.Random(seed)  # noqa: S311  nothing secret depends on it
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as tasks:
        for scraper in SCRAPERS:
            tasks.create_task(scraper.run(exporter, until, choices, tally))
    return tally


@contextlib.contextmanager
def running(folder: Path, seed: int) -> Iterator[tuple[Process, Exporter]]:
    """The API and the exporter, each a process."""
    with Process([sys.executable, "-m", "tools.faults", f"--seed={seed}"]) as api:
        url = api.wait_for(r"^http\S+")[0]
        names = "".join(
            f"- {{name: a{n}, account_id: {ACCOUNT_ID}, api_key: {KEY}}}\n" for n in range(ACCOUNTS)
        )
        file = folder / "soak.yml"
        file.write_text(f"base_url: {url}\naccounts:\n{names}")
        command = [sys.executable, "-m", "tools.soaked", f"--config.file={file}"]
        with Process([*command, "--web.listen-address=127.0.0.1:0"]) as process:
            host, _, port = process.wait_for(r"address=(\S+)")[1].rpartition(":")
            yield api, Exporter(process, (host, int(port)))


async def settled(api: Process, exporter: Exporter) -> Usage:
    """What is in use when all is well and nothing is under way."""
    api.signal(signal.SIGUSR1)
    await asyncio.sleep(SETTLED_WITHIN)
    await exporter.get("/metrics")
    await asyncio.sleep(1)
    usage = exporter.usage()
    api.signal(signal.SIGUSR2)
    return usage


async def soak(folder: Path, seconds: float, seed: int) -> list[str]:
    """Prints what was found; returns what of it is wrong."""
    with running(folder, seed) as (api, exporter):
        await scrape(exporter, WARM_UP, seed)
        start = await settled(api, exporter)
        tally = await scrape(exporter, seconds, seed)
        end = await settled(api, exporter)
        tracebacks = sum("Traceback" in line for line in exporter.process.lines)
    say(f"{seconds / 60:g} minutes, seed {seed}: statuses {dict(tally.statuses)}, {tally.hung_up} hung up")
    say(
        f"{tally.whole} pages without a fault; {tally.late} late; the longest took {tally.longest:.0%} of its timeout"
    )
    say(f"{'':8} {'memory':>9} {'sockets':>8} {'tasks':>6} {'threads':>8}")
    for name, usage in (("start", start), ("end", end)):
        say(f"{name:8} {usage.memory:6.1f} MB {usage.sockets:8} {usage.tasks:6} {usage.threads:8}")
    wrong = {
        "memory": end.memory > start.memory + MEMORY_ALLOWED,
        "sockets": end.sockets > start.sockets,
        "tasks": end.tasks > start.tasks,
        "threads": end.threads > start.threads,
        "a status other than 200": set(tally.statuses) != {"200"},
        "late pages": tally.late > 0,
        "tracebacks": tracebacks > 0,
    }
    return [name for name, is_so in wrong.items() if is_so]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.75, help="how long (default: 0.75)")
    parser.add_argument("--seed", type=int, default=1, help="random seed (default: 1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(soak(Path(folder), 60 * arguments.minutes, arguments.seed))
    say(f"grown or wrong: {', '.join(wrong)}" if wrong else "nothing has grown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
