"""Scrape thousands of times while the API's faults change, and see whether anything has grown: python -m tools.soak."""

import argparse
import asyncio
import gc
import itertools
import logging
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from exporter.assembly import make_app
from exporter.server import Service, _config, _Server, bind, run
from exporter.settings import Address, Configuration, load
from tests.faults.cases import FAULTS, Fault
from tests.faults.injector import ACCOUNT_ID, KEY, QUERIES, Exchange, Injector, good
from tests.trust.rig import environ

SCRAPERS = 4
"""Accounts, each scraped by one scraper: scrapes of one account at once would share a collection."""

WARM_UP = 500
"""Scrapes before the first measurement: pools fill, caches and the interpreter's own memory settle."""

MEMORY_ALLOWED = 16.0
"""MB that the process may have grown by: the allocator's noise, not a leak of 2 KB a scrape."""

SAYS = 0.4
"""Seconds that the scrapers wait."""

CROWD = 100
HEALTHY_WITHIN = 0.1

# nothing is sent after these for longer than a soak lasts
PASSING = [fault for fault in FAULTS if not fault.cooldown]


@dataclass(frozen=True)
class Usage:
    memory: float
    """MB resident."""
    sockets: int
    tasks: int
    threads: int

    @staticmethod
    def now() -> "Usage":
        gc.collect()
        status = Path("/proc/self/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        sockets = sum(link.is_socket() for link in Path("/proc/self/fd").iterdir())
        return Usage(
            int(resident.split()[1]) / 1024, sockets, len(asyncio.all_tasks()), threading.active_count()
        )

    def grown_since(self, start: "Usage") -> list[str]:
        grown = [
            name for name in ("sockets", "tasks", "threads") if getattr(self, name) > getattr(start, name)
        ]
        return [*grown, *(["memory"] if self.memory > start.memory + MEMORY_ALLOWED else [])]


async def get(port: int, path: str, says: float = 10.0) -> tuple[int, str]:
    """Status and page."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        header = f"X-Prometheus-Scrape-Timeout-Seconds: {says}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n\r\n".encode())
        text = (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()
    return int(text.split(" ", 2)[1]), text


class Soak:
    def __init__(self, port: int, injector: Injector, scrapes: int, seed: int) -> None:
        self._port = port
        self._injector = injector
        self._scrapes = scrapes
        self._random = random.Random(seed)  # noqa: S311  nothing secret depends on it
        self._numbers = itertools.count(1)
        self._started = time.monotonic()
        self.statuses: Counter[int] = Counter()
        self.late = 0
        self.up = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as scrapers:
            for account in range(SCRAPERS):
                scrapers.create_task(self._scraper(account))

    async def _scraper(self, account: int) -> None:
        for number in self._numbers:
            if number > self._scrapes:
                return
            if number % 10 == 0:
                self._switch()
            started = time.perf_counter()
            status, page = await get(self._port, f"/probe?account=account-{account}", says=SAYS)
            self.statuses[status] += 1
            self.late += time.perf_counter() - started > SAYS
            self.up += f'betatel_up{{account="account-{account}"}} 1.0' in page

    def tell(self) -> None:
        seconds = time.monotonic() - self._started
        say(
            f"{self.statuses.total():,} scrapes in {seconds:.0f} s: statuses {dict(self.statuses)}, {self.up:,} without a fault"
        )
        say(f"{self.late} answered after the scraper's timeout; one process plays all the parts here")

    def _switch(self) -> None:
        """Half of the time all is well; else one fault meets some of the queries."""
        self._injector.behave()
        if self._random.random() < 0.5:  # noqa: PLR2004  a half
            fault: Fault = self._random.choice(PASSING)
            affected = self._random.sample(QUERIES, self._random.randint(1, len(QUERIES)))
            self._injector.misbehave(affected, fault.behave)


async def crowd(injector: Injector, port: int) -> tuple[Counter[int], float]:
    """Statuses of a hundred scrapes at once, and the longest that a health check took meanwhile, in seconds."""

    async def take_a_second(exchange: Exchange) -> None:
        await asyncio.sleep(1)
        await good(exchange)

    injector.misbehave(QUERIES, take_a_second)
    scrapes = [asyncio.ensure_future(get(port, "/metrics")) for _ in range(CROWD)]
    longest = 0.0
    while not all(scrape.done() for scrape in scrapes):
        started = time.perf_counter()
        await get(port, "/-/healthy")
        longest = max(longest, time.perf_counter() - started)
        await asyncio.sleep(0.01)
    return Counter(scrape.result()[0] for scrape in scrapes), longest


async def settled(injector: Injector, port: int) -> Usage:
    """What is in use when all is well and nothing is under way."""
    injector.behave()
    for account in range(SCRAPERS):
        await get(port, f"/probe?account=account-{account}")
    await asyncio.sleep(1)
    return Usage.now()


async def soak(injector: Injector, configuration: Configuration, scrapes: int, seed: int) -> list[str]:
    """Print what was found; what of it is wrong."""
    listener = bind(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = _Server(_config(Service(make_app(configuration), listener), grace=1))
    serving = asyncio.ensure_future(server.serve([listener]))
    say(f"{WARM_UP} scrapes to warm up, then {scrapes:,}, seed {seed}")
    await Soak(port, injector, WARM_UP, seed).run()
    start = await settled(injector, port)
    soaking = Soak(port, injector, scrapes, seed + 1)
    await soaking.run()
    end = await settled(injector, port)
    statuses, longest = await crowd(injector, port)
    server.should_exit = True
    await serving

    soaking.tell()
    say(f"{'':8} {'memory':>9} {'sockets':>8} {'tasks':>6} {'threads':>8}")
    for name, usage in (("start", start), ("end", end)):
        say(f"{name:8} {usage.memory:6.1f} MB {usage.sockets:8} {usage.tasks:6} {usage.threads:8}")
    say(f"{CROWD} scrapers at once: statuses {dict(statuses)}, health within {longest * 1000:.0f} ms")
    allowed = configuration.settings.web.max_requests
    return [
        *end.grown_since(start),
        *(["a status other than 200"] if set(soaking.statuses) != {200} else []),
        *(["scrapes at once"] if statuses != {200: allowed, 503: CROWD - allowed} else []),
        *(["health checks"] if longest > HEALTHY_WITHIN else []),
    ]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def configured(injector: Injector, folder: Path) -> Configuration:
    accounts = "".join(
        f"- {{name: account-{number}, account_id: {ACCOUNT_ID}, api_key: {KEY}}}\n"
        for number in range(SCRAPERS)
    )
    file = folder / "soak.yml"
    file.write_text(f"base_url: {injector.url}\naccounts:\n{accounts}")
    with environ({}):
        return load({"config_file": str(file)})


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--scrapes", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (default: 1)")
    arguments = parser.parse_args()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder, Injector() as injector:
        configuration = configured(injector, Path(folder))
        wrong = run(soak(injector, configuration, arguments.scrapes, arguments.seed))
    say(f"grown or wrong: {', '.join(wrong)}" if wrong else "nothing has grown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
