"""python -m tools.bench: measure everything and print one table; --write puts it into docs/performance.md."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tools.bench import accounts, process, scrape
from tools.bench.contestants import upstream
from tools.bench.environment import machine, make_environment
from tools.bench.table import DOCUMENT, Row, replaced, table

MEASUREMENTS: Mapping[str, Callable[..., Awaitable[list[Row]]]] = {
    "scrape": scrape.measure,
    "scrapers": scrape.measure_scrapers,
    "accounts": accounts.measure,
    "carried": accounts.measure_carried,
    "pair": accounts.measure_pair,
    "startup": process.measure_startup,
    "memory": process.measure_memory,
}


async def run(names: Sequence[str], *, quick: bool) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder) / "environment")
        for name in names:
            started = time.perf_counter()
            with upstream(python, Path(folder)) as bench:
                rows += await MEASUREMENTS[name](bench, quick=quick)
            sys.stderr.write(f"{name}: {time.perf_counter() - started:.0f} s\n")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute instead of several; rough")
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS), help="measure these"
    )
    parser.add_argument("--write", action="store_true", help="put the result into docs/performance.md")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    rows = asyncio.run(run(options.only, quick=options.quick))
    load = f"{before:.1f} before, {os.getloadavg()[0]:.1f} after"
    command = " ".join(["python -m tools.bench", *sys.argv[1:]])
    facts = [("command", f"`{command}`"), *machine(), ("load average of a minute", load)]
    text = "\n".join([*(f"- {name}: {fact}" for name, fact in facts), "", table(rows)])
    sys.stdout.write(f"{text}\n")
    if options.write:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(), text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
