"""The benchmark measures what it says; how fast anything is, is not asserted."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tools.bench.client import Pages
from tools.bench.contestants import Bench, Scraped, accounts_up, exporter, peer, upstream
from tools.bench.environment import locked, make_environment
from tools.bench.measure import WARM_UP, Contestant, Series, interleave
from tools.bench.queries import queries
from tools.bench.table import DOCUMENT, goal, replaced
from tools.bench.upstream import PAGES
from tools.paths import ROOT

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
    assert {"httpx", "aiohttp", "uvicorn", "pydantic"} <= set(done.stdout.split()) <= set(locked())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_every_contestant_sends_the_queries_it_is_said_to(bench: Bench, tls: bool) -> None:
    url = bench.base_url(20, tls=tls)
    contestants: dict[str, tuple[Scraped, int]] = {
        "three accounts": (exporter(bench, url, "--recent-pages=0", accounts=3), 3 * 10),
        "recent records": (exporter(bench, url), 10 + PAGES),
        "sequential": (peer(bench, url, 1), 10),
        "threaded": (peer(bench, url, 10), 10),
    }
    sent = {}
    for name, (contestant, _) in contestants.items():
        async with contestant as (pages, _):
            await pages.get()  # the first scrape reads one page of recent records
            before = await bench.calls()
            (page,) = await pages.get()
            sent[name] = await bench.calls() - before
        if name == "three accounts":
            assert accounts_up(page) == 3
    async with aclosing(bench.limit(20, tls=tls)) as limit:
        before = await bench.calls()
        await limit.get()
        assert await bench.calls() - before == len(queries()) == 10
    assert sent == {name: expected for name, (_, expected) in contestants.items()}


class Recorded(Pages):
    """Pages that only note who asked."""

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__(0, [])
        self._name = name
        self._log = log

    async def get(self) -> list[bytes]:
        self._log.append(self._name)
        return []


async def test_contestants_take_turns_and_slow_ones_fewer() -> None:
    log: list[str] = []
    contestants = [Contestant(name, Recorded(name, log)) for name in "ABC"]
    series = await interleave(contestants, 4, seldom={"C": 3})
    assert "".join(log) == "ABC" * WARM_UP + "ABC" + "AB" + "AB" + "ABC"
    assert [len(one.seconds) for one in series.values()] == [4, 4, 2]


def test_the_ninety_ninth_percentile_is_the_nearest_rank() -> None:
    assert Series([n / 1000 for n in range(1, 201)]).p99 == 0.198
    assert Series([0.3, 0.1, 0.2]).p99 == 0.3


def test_a_missed_goal_is_shown() -> None:
    assert goal(("s", 0.5, 0.6), ("MB", 70, 60)) == "s at most 0.6: yes, MB at most 60: MISSED"


def test_a_run_replaces_the_measurements_of_the_document_alone() -> None:
    document = DOCUMENT.read_text()
    once = replaced(document, "| a |")
    assert replaced(replaced(once, "| b |\n"), "| a |") == once
    assert once.splitlines()[0] == document.splitlines()[0]
    assert once.splitlines()[-1] == document.splitlines()[-1]


def test_the_command_prints_one_table() -> None:
    command = [sys.executable, "-m", "tools.bench", "--quick", "--only", "startup"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert "| process start to first answer | " in done.stdout
    assert "| second scrape | " in done.stdout
