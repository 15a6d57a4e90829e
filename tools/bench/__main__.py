"""python -m tools.bench: measure everything, print it against the goals; --write puts it into docs/performance.md."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from tools.bench import growth, latency, pair, rest, scale
from tools.bench.contestants import Bench, upstream
from tools.bench.document import write
from tools.bench.environment import make_environment
from tools.bench.machine import machine
from tools.bench.report import Section, goals_table

MEMORY_SCRAPES = 5000

Measurement = Callable[[Bench], Awaitable[Section]]


def measurements(*, quick: bool, scrapes: int) -> Mapping[str, Measurement]:
    """What there is to measure, by name."""
    return {
        "latency": partial(latency.measure, quick=quick),
        "scrapers": partial(scale.measure_scrapers, quick=quick),
        "accounts": partial(scale.measure_accounts, quick=quick),
        "start": partial(rest.measure_start, quick=quick),
        "memory": partial(rest.measure_memory, scrapes=scrapes),
        "pair": partial(pair.measure, quick=quick),
        "growth": partial(growth.measure, quick=quick),
    }


async def run(chosen: Mapping[str, Measurement]) -> list[Section]:
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder) / "environment")
        with upstream(python, Path(folder)) as bench:
            sections = []
            for name, measure in chosen.items():
                started = time.perf_counter()
                sections.append(await measure(bench))
                sys.stderr.write(f"{name}: {time.perf_counter() - started:.0f} s\n")
            return sections


def main() -> int:
    names = list(measurements(quick=True, scrapes=0))
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute instead of several; rough")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="measure these alone")
    parser.add_argument("--scrapes", type=int, help=f"for the memory (default: {MEMORY_SCRAPES}, quick 300)")
    parser.add_argument("--write", action="store_true", help="put the result into docs/performance.md")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    scrapes = options.scrapes or (300 if options.quick else MEMORY_SCRAPES)
    every = measurements(quick=options.quick, scrapes=scrapes)
    sections = asyncio.run(run({name: every[name] for name in options.only}))
    goals = [goal for section in sections for goal in section.goals]
    command = " ".join(["python -m tools.bench", *sys.argv[1:]])
    text = "\n".join(
        [machine(command, load_before, os.getloadavg()[0]), "", goals_table(goals), "", *map(str, sections)]
    )
    sys.stdout.write(f"{text}\n")
    if options.write:
        write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
