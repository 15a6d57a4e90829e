"""The harness measures what it says; how fast anything is, is not asserted here."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.bench.client import Pages
from tools.bench.contestants import Bench, Contestant, accounts_up, exporter, limit, peer, upstream
from tools.bench.document import BEGIN, DOCUMENT, END, replaced
from tools.bench.environment import locked, make_environment
from tools.bench.measure import WARM_UP, Series, interleave
from tools.bench.pair import calls
from tools.bench.queries import queries
from tools.bench.report import Goal, goals_table
from tools.paths import ROOT
from tools.process import Process

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with upstream(Path(sys.executable), tmp_path) as bench:
        yield bench


def test_the_environment_has_the_run_time_dependencies_and_nothing_else(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "environment")
    code = (
        "import importlib.metadata as m, betatel_exporter.cli, betatel_exporter.assembly;"
        "print(*sorted(d.name.lower().replace('_', '-') for d in m.distributions()))"
    )
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    found = done.stdout.split()
    assert {"httpx", "aiohttp", "uvicorn", "pydantic"} <= set(found) <= set(locked())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_the_exporter_collects_every_account_from_the_upstream(bench: Bench, tls: bool) -> None:
    async with exporter(bench, bench.base_url(0, tls=tls), accounts=3) as ours:
        (page,) = await ours.pages.get()
    assert accounts_up(page) == 3
    assert await calls(bench) == 3 * (len(queries()) + 1)  # and a page of recent records


@pytest.mark.parametrize("workers", [1, 10])
async def test_a_peer_asks_the_same_ten_queries(bench: Bench, workers: int) -> None:
    async with peer(bench, bench.base_url(0, tls=True), workers=workers, name="peer") as other:
        await other.pages.get()
    assert await calls(bench) == len(queries()) == 10


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_the_limit_is_ten_answers_at_once_after_the_upstream_s_latency(bench: Bench, tls: bool) -> None:
    alone = limit(bench, 50, tls=tls)
    series = await interleave([alone], 3)
    await alone.pages.aclose()
    assert min(series["limit"].seconds) >= 0.05
    assert await calls(bench) == (3 + WARM_UP) * 10


async def test_cpu_memory_and_files_are_those_of_the_process_measured() -> None:
    code = "import time\nwhile time.process_time() < 0.2: pass\nprint(time.process_time(), flush=True)\ntime.sleep(60)"
    with Process([sys.executable, "-c", code]) as process:
        told = float(process.wait_for(r"^\d.*$")[0])
        assert told <= process.cpu() < told + 0.2
        assert 1 < process.memory() <= process.peak_memory() < 1000
        assert process.open_files() >= 3


def test_a_process_that_ends_tells_its_last_words() -> None:
    with (
        Process([sys.executable, "-c", "raise SystemExit('no such luck')"]) as process,
        pytest.raises(RuntimeError, match="no such luck"),
    ):
        process.wait_for_port(1)


class Recorded(Pages):
    """Pages that only note who asked."""

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__(0, [])
        self._name = name
        self._log = log

    async def get(self) -> list[bytes]:
        self._log.append(self._name)
        return []


async def test_contestants_take_turns_and_slow_ones_come_seldom() -> None:
    log: list[str] = []
    contestants = [Contestant(name, Recorded(name, log)) for name in "ABC"]
    series = await interleave(contestants, 4, seldom={"C": 3})
    assert "".join(log) == "ABC" * WARM_UP + "ABC" + "AB" + "AB" + "ABC"
    assert [len(one.seconds) for one in series.values()] == [4, 4, 2]


def test_the_ninety_ninth_percentile_is_the_nearest_rank() -> None:
    assert Series([n / 1000 for n in range(1, 201)]).p99 == 0.198
    assert Series([0.3, 0.1, 0.2]).p99 == 0.3
    assert Series([0.3, 0.1, 0.2]).median == 0.2


def test_a_missed_goal_is_told() -> None:
    goal = Goal("start", 0.5, 0.6, " s")
    assert "| start | 0.50 s | 0.6 s | yes |" in goals_table([goal])
    assert "| start | 0.70 s | 0.6 s | NO |" in goals_table([dataclasses.replace(goal, value=0.7)])


def test_a_run_replaces_the_measured_part_of_the_document_alone() -> None:
    document = DOCUMENT.read_text()
    once = replaced(document, "| a |")
    assert replaced(replaced(once, "| b |\n"), "| a |") == once
    assert once.partition(BEGIN)[0] == document.partition(BEGIN)[0]
    assert once.partition(END)[2] == document.partition(END)[2]
    with pytest.raises(ValueError, match="no place"):
        replaced("# Performance\n", "| a |")


def test_the_command_prints_goals_and_tables() -> None:
    command = [sys.executable, "-m", "tools.bench", "--quick", "--only", "start"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert "| start to first answer | " in done.stdout
    assert "| first scrape, ten TLS connections opened | " in done.stdout
