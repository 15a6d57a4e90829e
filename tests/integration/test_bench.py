"""The benchmark measures what it says; how fast anything is, is not asserted."""

import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from tools.bench.contestants import accounts_up, exporter, peer, upstream
from tools.bench.upstream import PAGES
from tools.paths import ROOT


@pytest.mark.anyio
async def test_every_contestant_sends_its_queries(tmp_path: Path) -> None:
    with upstream(tmp_path) as bench:
        url = bench.base_url(20, tls=True)
        contestants = {
            "accounts": (exporter(bench, bench.base_url(20), "--recent-pages=0", accounts=3), 3 * 10),
            "recent": (exporter(bench, url), 10 + PAGES),
            "peer": (peer(bench, url, 10), 10),
        }
        for name, (contestant, expected) in contestants.items():
            async with contestant as (pages, _):
                await pages.get()  # the first scrape reads one page of recent records
                before = await bench.calls()
                (page,) = await pages.get()
                assert await bench.calls() - before == expected, name
            if name == "accounts":
                assert accounts_up(page) == 3
        async with aclosing(bench.limit(20, tls=True)) as limit:
            before = await bench.calls()
            await limit.get()
            assert await bench.calls() - before == 10


def test_the_command_prints_one_table() -> None:
    command = [sys.executable, "-m", "tools.bench", "--quick", "--only", "startup"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    assert "| process start to first answer | " in done.stdout
    assert "| second scrape | " in done.stdout
