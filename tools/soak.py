"""Scrape thousands of times while the API's faults change, and see whether anything has grown: python -m tools.soak."""

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.faults.api import ACCOUNT_ID, KEY, QUERIES, Exchange, FakeApi, good
from tools.faults.cases import FAULTS, Fault
from tools.soaked import Usage

SCRAPERS = 4
"""Accounts, each scraped by one scraper: scrapes of one account at once would share a collection."""

WARM_UP = 1000
"""Scrapes before the first measurement: pools fill, and the interpreter's own memory settles."""

MEMORY_ALLOWED = 12.0
"""MB that the exporter may have grown by: noise, but no leak of 1.2 KB a scrape."""

SAYS = 0.4
"""Seconds that the scrapers wait."""

CROWD, ALLOWED = 100, 40
"""Scrapers at once, and how many of them are served by default."""

CROWDS = 5
"""Of which the best counts: a busy machine may pause in one of them, an exporter that is held up is so in all."""

HEALTHY_WITHIN = 0.1
"""Seconds."""

# nothing is sent after the others for longer than a soak lasts
PASSING = [fault for fault in FAULTS if not fault.cooldown]


@dataclass
class Exporter:
    port: int
    questions: asyncio.StreamWriter
    answers: asyncio.StreamReader

    async def usage(self) -> Usage:
        self.questions.write(b"\n")
        return Usage(**json.loads(await self.answers.readline()))

    async def get(self, path: str, says: float = 10.0) -> tuple[int, str]:
        """Status and page."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            header = f"X-Prometheus-Scrape-Timeout-Seconds: {says}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n\r\n".encode())
            text = (await reader.read()).decode()
        finally:
            writer.close()
            await writer.wait_closed()
        return int(text.split(" ", 2)[1]), text


@asynccontextmanager
async def exporting(api: FakeApi, folder: Path) -> AsyncIterator[Exporter]:
    names = (f"- {{name: account-{n}, account_id: {ACCOUNT_ID}, api_key: {KEY}}}\n" for n in range(SCRAPERS))
    file = folder / "soak.yml"
    file.write_text(f"base_url: {api.url}\naccounts:\n{''.join(names)}")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.soaked", str(file), stdin=pipe, stdout=pipe, env={}
    )
    try:
        assert process.stdin is not None  # noqa: S101  asked for just now
        assert process.stdout is not None  # noqa: S101  the same
        yield Exporter(json.loads(await process.stdout.readline()), process.stdin, process.stdout)
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Soak:
    def __init__(self, exporter: Exporter, api: FakeApi, scrapes: int, seed: int) -> None:
        self._exporter = exporter
        self._injector = api
        self._scrapes = scrapes
        self._random = random.Random(seed)  # noqa: S311  nothing secret depends on it
        self._numbers = itertools.count(1)
        self._started = time.monotonic()
        self.statuses: Counter[int] = Counter()
        self._late = 0
        self._up = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as scrapers:
            for account in range(SCRAPERS):
                scrapers.create_task(self._scraper(account))

    def tell(self) -> None:
        seconds = time.monotonic() - self._started
        say(f"{self.statuses.total():,} scrapes in {seconds:.0f} s: statuses {dict(self.statuses)}")
        say(f"{self._up:,} without a fault, {self._late} later than the scraper's timeout of {SAYS} s")

    async def _scraper(self, account: int) -> None:
        for number in self._numbers:
            if number > self._scrapes:
                return
            if number % 10 == 0:
                self._switch()
            started = time.perf_counter()
            status, page = await self._exporter.get(f"/probe?account=account-{account}", SAYS)
            self.statuses[status] += 1
            self._late += time.perf_counter() - started > SAYS
            self._up += f'betatel_up{{account="account-{account}"}} 1.0' in page

    def _switch(self) -> None:
        """Half of the time all is well; else one fault meets some of the queries."""
        self._injector.behave()
        if self._random.getrandbits(1):
            fault: Fault = self._random.choice(PASSING)
            affected = self._random.sample(QUERIES, self._random.randint(1, len(QUERIES)))
            self._injector.misbehave(affected, fault.behave)


async def settled(exporter: Exporter, api: FakeApi) -> Usage:
    """What is in use when all is well and nothing is under way."""
    api.behave()
    for account in range(SCRAPERS):
        await exporter.get(f"/probe?account=account-{account}")
    await asyncio.sleep(1)
    return await exporter.usage()


async def crowd(exporter: Exporter, api: FakeApi) -> tuple[Counter[int], float]:
    """Statuses of a hundred scrapes at once, and the longest that a health check took meanwhile, in seconds."""

    async def take_a_second(exchange: Exchange) -> None:
        await asyncio.sleep(1)
        await good(exchange)

    api.misbehave(QUERIES, take_a_second)
    scrapes = [asyncio.ensure_future(exporter.get("/metrics")) for _ in range(CROWD)]
    longest = 0.0
    while not all(scrape.done() for scrape in scrapes):
        started = time.perf_counter()
        await exporter.get("/-/healthy")
        longest = max(longest, time.perf_counter() - started)
        await asyncio.sleep(0.01)
    return Counter(scrape.result()[0] for scrape in scrapes), longest


async def soak(folder: Path, scrapes: int, seed: int) -> list[str]:
    """Print what was found; what of it is wrong."""
    with FakeApi() as api:
        async with exporting(api, folder) as exporter:
            say(f"{WARM_UP:,} scrapes to warm up, then {scrapes:,}, seed {seed}")
            await Soak(exporter, api, WARM_UP, seed).run()
            start = await settled(exporter, api)
            soaking = Soak(exporter, api, scrapes, seed + 1)
            await soaking.run()
            soaking.tell()
            end = await settled(exporter, api)
            crowds = [await crowd(exporter, api) for _ in range(CROWDS)]

    say(f"{'':8} {'memory':>9} {'sockets':>8} {'tasks':>6} {'threads':>8}")
    for name, usage in (("start", start), ("end", end)):
        say(f"{name:8} {usage.memory:6.1f} MB {usage.sockets:8} {usage.tasks:6} {usage.threads:8}")
    for statuses, longest in crowds:
        say(f"{CROWD} scrapers at once: statuses {dict(statuses)}, health within {longest * 1000:.0f} ms")
    wrong = {
        "memory": end.memory > start.memory + MEMORY_ALLOWED,
        "sockets": end.sockets > start.sockets,
        "tasks": end.tasks > start.tasks,
        "threads": end.threads > start.threads,
        "a status other than 200": set(soaking.statuses) != {200},
        "scrapes at once": any(statuses != {200: ALLOWED, 503: CROWD - ALLOWED} for statuses, _ in crowds),
        "health checks": min(longest for _, longest in crowds) > HEALTHY_WITHIN,
    }
    return [name for name, is_so in wrong.items() if is_so]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--scrapes", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (default: 1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(soak(Path(folder), arguments.scrapes, arguments.seed))
    say(f"grown or wrong: {', '.join(wrong)}" if wrong else "nothing has grown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
