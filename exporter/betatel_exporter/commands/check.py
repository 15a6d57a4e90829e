"""The command check: one live collection, for a person or for a script."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from betatel_exporter.assembly import make_collectors
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector, time_budget
from betatel_exporter.commands.diagnosis import ExitCode, diagnose
from betatel_exporter.commands.report import Checked, as_document, as_text
from betatel_exporter.config import Configuration


async def check(configuration: Configuration, *, as_json: bool, out: TextIO = sys.stdout) -> ExitCode:
    """Collect every account once and print the results."""
    settings = configuration.settings
    calls = Calls(account.settings.name for account in configuration.accounts)
    collectors = make_collectors(configuration, calls)
    deadline = asyncio.get_running_loop().time() + time_budget((), settings.timeout, settings.timeout_offset)
    collecting = asyncio.gather(*(collector.collect(deadline) for collector in collectors))
    try:
        if not as_json and out.isatty():
            await _show_progress(collectors, collecting, out)
        snapshots = await collecting
    finally:
        await asyncio.gather(*(collector.aclose() for collector in collectors))
    checked = [
        Checked(snapshot, account.settings.base_url, account.proxy)
        for snapshot, account in zip(snapshots, configuration.accounts, strict=True)
    ]
    if as_json:
        json.dump(as_document(checked), out, indent=2)
        out.write("\n")
    else:
        out.writelines(f"{line}\n" for line in as_text(checked, time.time(), colour=_wants_colour(out)))
    return diagnose(failure for each in checked for failure in each.failures).code


async def _show_progress(
    collectors: Sequence[Collector], collecting: "asyncio.Future[Any]", out: TextIO
) -> None:
    total = sum(len(collector.queries) for collector in collectors)
    while not collecting.done():
        out.write(
            f"\r{sum(len(collector.results) for collector in collectors)} of {total} queries have ended"
        )
        out.flush()
        await asyncio.wait([collecting], timeout=0.1)
    out.write("\r\x1b[K")


def _wants_colour(out: TextIO) -> bool:
    """Honours https://no-color.org."""
    return out.isatty() and "NO_COLOR" not in os.environ
