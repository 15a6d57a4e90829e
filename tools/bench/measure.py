"""Interleaved measurement: every contestant in every round, so that a disturbance of the machine affects all alike."""

import asyncio
import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.bench.client import Pages
from tools.process import Process

WARM_UP = 2
SETTLE = 0.003
"""Seconds after an answer whose CPU still counts: a process tidies up."""


@dataclass(frozen=True)
class Contestant:
    pages: Pages
    process: Process | None = None
    """Whose CPU is counted; None for the benchmark's own."""


@dataclass
class Series:
    """Measurements of one contestant, in seconds."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """The nearest rank: the slowest of fewer than a hundred."""
        return sorted(self.seconds)[math.ceil(0.99 * len(self.seconds)) - 1]

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)

    async def add(self, process: Process | None, *pages: Pages) -> None:
        """The time of one scrape of each, all at once, and the CPU that the process uses for all of them."""
        before = process.cpu() if process else 0.0
        self.seconds += await asyncio.gather(*map(_seconds, pages))
        await asyncio.sleep(SETTLE)
        if process:
            self.cpu.append(process.cpu() - before)


async def interleave(
    contestants: Mapping[str, Contestant], rounds: int, *, seldom: Mapping[str, int]
) -> dict[str, Series]:
    """Measure everyone in each round; those named in `seldom` in every nth round only, because they are slow."""
    series = {name: Series() for name in contestants}
    for number in range(-WARM_UP, rounds):
        for name, one in contestants.items():
            if number < 0:
                await one.pages.get()
            elif number % seldom.get(name, 1) == 0:
                await series[name].add(one.process, one.pages)
    return series


async def _seconds(pages: Pages) -> float:
    started = time.perf_counter()
    await pages.get()
    return time.perf_counter() - started
