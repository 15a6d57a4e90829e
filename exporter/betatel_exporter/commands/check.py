"""The command check: one live collection, for a person or for a script."""

import asyncio
import json
import time
from typing import TextIO

from betatel_exporter.assembly import make_collectors
from betatel_exporter.calls import Calls
from betatel_exporter.collector import time_budget
from betatel_exporter.commands.diagnosis import ExitCode, diagnose
from betatel_exporter.commands.report import Checked, document, report
from betatel_exporter.config import Configuration


async def check(configuration: Configuration, out: TextIO, *, as_json: bool = False) -> ExitCode:
    """Collect every account once and print the results."""
    settings = configuration.settings
    calls = Calls(account.settings.name for account in configuration.accounts)
    collectors = make_collectors(configuration, calls)
    deadline = asyncio.get_running_loop().time() + time_budget((), settings.timeout, settings.timeout_offset)
    try:
        snapshots = await asyncio.gather(*(collector.collect(deadline) for collector in collectors))
    finally:
        await asyncio.gather(*(collector.aclose() for collector in collectors))
    checked = [
        Checked(snapshot, account.settings.base_url, account.proxy)
        for snapshot, account in zip(snapshots, configuration.accounts, strict=True)
    ]
    lines = [json.dumps(document(checked), indent=2)] if as_json else report(checked, time.time())
    out.writelines(f"{line}\n" for line in lines)
    return diagnose(failure for each in checked for failure in each.failures).code
