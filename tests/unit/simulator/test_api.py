from typing import Any

import anyio
import httpx
import pytest

from betatel_exporter.simulator import ACCOUNT_ID, API_KEY, BASE_PATH, SCENARIOS, create_app
from betatel_exporter.simulator.fields import BadRequest, json_object
from betatel_exporter.simulator.periods import STAT_TYPES
from tests.unit.simulator.account import CREDENTIALS, Clock, account, connected

pytestmark = pytest.mark.anyio

STATS = f"{BASE_PATH}/telegram/stats"
TDR = f"{BASE_PATH}/telegram/tdr"


async def test_errors_have_their_status_and_say_why() -> None:
    async with account(messages_per_hour=4) as small:

        async def answered(
            method: str, path: str, content: bytes, headers: dict[str, str]
        ) -> tuple[int, str]:
            answer = await small.client.request(method, path, content=content, headers=headers)
            assert answer.json()["statusCode"] == answer.status_code
            return answer.status_code, answer.json()["message"]

        for path in (STATS, TDR):
            for headers in (
                {},
                {"x-api-key": API_KEY},
                {"x-account-id": ACCOUNT_ID},
                {"x-api-key": "wrong", "x-account-id": ACCOUNT_ID},
                {"x-api-key": API_KEY, "x-account-id": "wrong"},
            ):
                assert await answered("POST", path, b"no JSON", headers) == (401, "Authentication failed")
            for method in ("GET", "PUT", "DELETE"):
                assert (await answered(method, path, b"", CREDENTIALS))[0] == 405
            assert await answered("POST", path, b"{", CREDENTIALS) == (400, "the body is not valid JSON")
        assert (await answered("POST", f"{BASE_PATH}/whatsapp/stats", b"{}", CREDENTIALS))[0] == 404
        code, message = await answered("POST", STATS, b'{"type": "daily"}', CREDENTIALS)
        assert (code, message) == (400, "missing fields: type daily needs start_time and end_time")


def test_what_is_no_json_object_is_refused() -> None:
    for body in (b"{", b"[]", b"null", b'"type"', b"\xff", b"[" * 100_000, b'{"page": 1e400'):
        with pytest.raises(BadRequest, match="body"):
            json_object(body)
    assert json_object(b"") == {}


async def test_every_type_of_stats_is_answered() -> None:
    async with account(messages_per_hour=4) as small:
        for kind in STAT_TYPES:
            entries = await small.stats(
                kind, start_time="2023-11-13T00:00:00Z", end_time="2023-11-15T00:00:00Z"
            )
            assert len(entries) == {"hourly": 48, "daily": 2}.get(kind, 1)
            for entry in entries:
                processed = entry["total_transactions"]
                assert 0 <= processed <= entry["total_requests"]
                assert 0.008 * processed <= entry["total_amount"] <= 0.035 * processed
                assert entry["currency"] == "EUR"


async def test_groupings_of_the_same_range_add_up_to_the_same() -> None:
    limits = {
        "start_time": "2023-10-20T00:00:00Z",
        "end_time": "2023-11-15T11:00:00Z",
        "timezone": "Asia/Tokyo",
    }
    async with account(messages_per_hour=4) as small:
        sums = {
            (sum(e["total_requests"] for e in entries), round(sum(e["total_amount"] for e in entries), 3))
            for entries in [
                await small.stats(kind, **limits)
                for kind in ("hourly", "daily", "weekly", "monthly", "yearly")
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


async def test_answers_that_wait_wait_at_the_same_time() -> None:
    clock = Clock()
    app = create_app(messages_per_hour=4, latency=0.5, clock=clock)
    async with connected(app, clock) as simulated, anyio.create_task_group() as tasks:
        began = anyio.current_time()
        for _ in range(10):
            tasks.start_soon(simulated.window, "lasth")
    assert 0.5 <= anyio.current_time() - began < 5


async def test_the_control_path_needs_no_key_and_lists_the_scenarios() -> None:
    async with account(messages_per_hour=4) as small:

        async def control(method: str, path: str) -> httpx.Response:
            return await small.client.request(method, f"/-/scenario{path}")

        for scenario in SCENARIOS:
            await small.switch(scenario)
            assert (await control("GET", "")).json() == {
                "current": scenario,
                "available": {name: scenario.description for name, scenario in SCENARIOS.items()},
            }
        await small.switch("normal")
        unknown = await control("POST", "/party")
        assert unknown.status_code == 404
        assert all(name in unknown.json()["message"] for name in SCENARIOS)
        assert (await control("GET", "")).json()["current"] == "normal"
        assert (await control("POST", "")).status_code == 405
        assert (await control("GET", "/outage")).status_code == 405


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
        {"scenario_age": -1},
        {"scenario_age": 1e9},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=name):
        create_app(**options)
