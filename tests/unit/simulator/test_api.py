import os
import socket
import subprocess
import sys
import timeit
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from betatel_exporter.simulator import ACCOUNT_ID, API_KEY, BASE_PATH, SCENARIOS, create_app
from betatel_exporter.simulator.listing import PageRequest, list_page
from betatel_exporter.simulator.messages import record_fields
from betatel_exporter.simulator.periods import STAT_TYPES, requested_periods
from tests.unit.simulator.account import CREDENTIALS, STATUSES, Account, Clock, account, connected

pytestmark = pytest.mark.anyio

STATS = f"{BASE_PATH}/telegram/stats"
TDR = f"{BASE_PATH}/telegram/tdr"


@pytest.fixture
async def small() -> AsyncIterator[Account]:
    async with account(messages_per_hour=4) as opened:
        yield opened


@pytest.mark.parametrize("path", [STATS, TDR])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": API_KEY},
        {"x-account-id": ACCOUNT_ID},
        {"x-api-key": "wrong", "x-account-id": ACCOUNT_ID},
        {"x-api-key": API_KEY, "x-account-id": "wrong"},
    ],
)
async def test_both_headers_are_needed(small: Account, path: str, headers: dict[str, str]) -> None:
    answer = await small.client.post(path, content=b"no JSON", headers=headers)
    assert (answer.status_code, answer.json()) == (
        401,
        {"statusCode": 401, "message": "Authentication failed"},
    )


@pytest.mark.parametrize("path", [STATS, TDR])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_refused(small: Account, path: str, method: str) -> None:
    answer = await small.client.request(method, path, headers=CREDENTIALS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["statusCode"] == 405


async def test_other_paths_are_not_found(small: Account) -> None:
    answer = await small.client.post(f"{BASE_PATH}/whatsapp/stats", json={}, headers=CREDENTIALS)
    assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)


@pytest.mark.parametrize("path", [STATS, TDR])
async def test_a_body_that_is_no_json_is_a_bad_request(small: Account, path: str) -> None:
    answer = await small.client.post(path, content=b"{", headers=CREDENTIALS)
    assert answer.status_code == 400
    assert answer.json() == {"statusCode": 400, "message": "the body is not valid JSON"}


async def test_a_faulty_stats_request_is_a_bad_request(small: Account) -> None:
    answer = await small.post("stats", {"type": "daily"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "missing fields: type daily needs start_time and end_time"


@pytest.mark.parametrize("kind", STAT_TYPES)
async def test_every_type_of_stats_is_answered(small: Account, kind: str) -> None:
    entries = await small.stats(kind, start_time="2023-11-13T00:00:00Z", end_time="2023-11-15T00:00:00Z")
    assert len(entries) == {"hourly": 48, "daily": 2}.get(kind, 1)
    for entry in entries:
        assert 0 <= entry["total_transactions"] <= entry["total_requests"]
        assert (
            0.008 * entry["total_transactions"]
            <= entry["total_amount"]
            <= 0.035 * entry["total_transactions"]
        )
        assert entry["currency"] == "EUR"


def test_there_are_fourteen_types_of_stats() -> None:
    assert len(set(STAT_TYPES)) == 14


async def test_groupings_of_the_same_range_add_up_to_the_same(small: Account) -> None:
    limits = {
        "start_time": "2023-10-20T00:00:00Z",
        "end_time": "2023-11-15T11:00:00Z",
        "timezone": "Asia/Tokyo",
    }
    sums = {
        (sum(e["total_requests"] for e in entries), round(sum(e["total_amount"] for e in entries), 3))
        for entries in [
            await small.stats(kind, **limits) for kind in ("hourly", "daily", "weekly", "monthly", "yearly")
        ]
    }
    assert len(sums) == 1


async def test_windows_count_the_messages_that_the_list_shows() -> None:
    async with account(messages_per_hour=300) as simulated:
        simulated.clock.now += 1000.5
        times = [record["timestamp"] for record in await simulated.walk(rows_per_page=100)]
        for kind, start in (
            ("lastm", "2023-11-15T12:15:40.500Z"),
            ("last5m", "2023-11-15T12:11:40.500Z"),
            ("last10m", "2023-11-15T12:06:40.500Z"),
            ("last30m", "2023-11-15T11:46:40.500Z"),
            ("lasth", "2023-11-15T11:16:40.500Z"),
            ("last12h", "2023-11-15T00:16:40.500Z"),
            ("last24h", "2023-11-14T12:16:40.500Z"),
            ("today", "2023-11-15T00:00:00.000Z"),
        ):
            entry = await simulated.window(kind)
            assert entry["total_requests"] == sum(time >= start for time in times), kind


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            with anyio.fail_after(5):
                while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag alone
                    await anyio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True


async def test_over_a_real_socket_it_is_an_api_like_any_other() -> None:
    async with served(create_app(messages_per_hour=60)) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.post(STATS, json={"type": "last24h"}, headers=CREDENTIALS)
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()[0]["total_requests"] > 1000
        assert (await client.post(TDR, json={}, headers=CREDENTIALS)).json()["list"]
        assert (await client.post("/-/scenario/errors")).status_code == 200
        assert (await client.post(TDR, json={}, headers=CREDENTIALS)).status_code == 500


async def test_answers_that_wait_wait_at_the_same_time() -> None:
    clock = Clock()
    app = create_app(messages_per_hour=4, latency=0.2, clock=clock)
    async with connected(app, clock) as simulated, anyio.create_task_group() as tasks:
        began = anyio.current_time()
        for _ in range(10):
            tasks.start_soon(simulated.window, "lasth")
    assert 0.2 <= anyio.current_time() - began < 1.5


async def test_the_control_path_needs_no_key_and_tells_what_there_is(small: Account) -> None:
    for scenario in SCENARIOS:
        await small.switch(scenario)
        answer = await small.client.get("/-/scenario")
        assert answer.json() == {
            "current": scenario,
            "available": {name: scenario.description for name, scenario in SCENARIOS.items()},
        }


async def test_an_unknown_scenario_is_not_found_and_changes_nothing(small: Account) -> None:
    answer = await small.client.post("/-/scenario/party")
    assert answer.status_code == 404
    assert all(name in answer.json()["message"] for name in SCENARIOS)
    assert (await small.client.get("/-/scenario")).json()["current"] == "normal"


async def test_the_control_path_refuses_other_methods(small: Account) -> None:
    assert (await small.client.post("/-/scenario")).status_code == 405
    assert (await small.client.get("/-/scenario/outage")).status_code == 405


@pytest.mark.parametrize(
    "options",
    [
        {"scenario": "party"},
        {"speed": 0},
        {"speed": -1},
        {"speed": float("nan")},
        {"messages_per_hour": -1},
        {"messages_per_hour": float("inf")},
        {"latency": -0.1},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=name):
        create_app(**options)


def test_a_start_costs_less_than_half_a_second_of_cpu_and_25_megabytes() -> None:
    program = (
        "import resource, time\n"
        "from betatel_exporter.simulator import create_app\n"
        "kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "began = time.process_time()\n"
        "app = create_app()\n"
        "print(time.process_time() - began)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - kilobytes)\n"
    )
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    finished = subprocess.run(
        [sys.executable, "-c", program], env=untraced, check=True, capture_output=True, text=True, timeout=30
    )
    seconds, kilobytes = (float(line) for line in finished.stdout.splitlines())
    assert seconds < 0.5
    assert kilobytes < 25_000


def test_what_the_exporter_asks_costs_less_than_a_millisecond() -> None:
    world = create_app().state.world
    fields = record_fields(seed=1)

    def scrape() -> None:
        for kind in ("last5m", "lasth", "last24h"):
            for period in requested_periods({"type": kind}, world.now):
                world.totals(period.start, period.end)
        for status in STATUSES:
            body = {"rows_per_page": 1, "sort_direction": "ASC", "filter": {"status": status}}
            list_page(PageRequest.parse(body), world.records, fields)

    assert min(timeit.repeat(scrape, number=1, repeat=20)) / 10 < 0.001
