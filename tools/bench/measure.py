"""Interleaved measurement: every contestant in every round, so that whatever else the machine does meets all alike."""

import asyncio
import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.bench.contestants import Contestant

WARM_UP = 2
SETTLE = 0.003
"""Seconds after an answer that still count as CPU of it: what a process tidies up."""


@dataclass
class Series:
    """Measurements of one contestant."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """The nearest rank: the slowest of less than a hundred."""
        return sorted(self.seconds)[math.ceil(0.99 * len(self.seconds)) - 1]

    @property
    def median_cpu(self) -> float | None:
        """Seconds of CPU; None where they were not counted."""
        return statistics.median(self.cpu) if self.cpu else None


async def interleave(
    contestants: Sequence[Contestant],
    rounds: int,
    *,
    warm_up: int = WARM_UP,
    seldom: Mapping[str, int] | None = None,
) -> dict[str, Series]:
    """Measure everyone in each round; of those named in `seldom` only every nth round, for they are slow."""
    series = {contestant.name: Series() for contestant in contestants}
    for number in range(-warm_up, rounds):
        for contestant in contestants:
            if number < 0:
                await contestant.pages.get()
            elif number % (seldom or {}).get(contestant.name, 1) == 0:
                await _measure(contestant, series[contestant.name])
    return series


async def _measure(contestant: Contestant, series: Series) -> None:
    process = contestant.process
    cpu = process.cpu() if process else 0.0
    started = time.perf_counter()
    await contestant.pages.get()
    series.seconds.append(time.perf_counter() - started)
    await asyncio.sleep(SETTLE)
    if process:
        series.cpu.append(process.cpu() - cpu)
