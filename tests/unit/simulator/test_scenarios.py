"""Each scenario, in the numbers a client gets."""

from collections import Counter
from typing import Any

import pytest
from anyio import fail_after

from betatel_exporter.simulator import SCENARIOS
from tests.unit.simulator.account import HOUR, Account, account, in_flight

pytestmark = pytest.mark.anyio


async def after_an_hour(simulated: Account, scenario: str) -> None:
    await simulated.switch(scenario)
    simulated.clock.now += HOUR


def lost(entry: dict[str, Any]) -> float:
    return 1 - float(entry["total_transactions"]) / float(entry["total_requests"])


async def test_an_ordinary_hour_loses_few_messages() -> None:
    async with account(messages_per_hour=600) as simulated:
        before = await simulated.totals()
        await after_an_hour(simulated, "normal")
        gone = Counter(await simulated.totals()) - Counter(before)
        assert 0 < lost(await simulated.window("lasth")) < 0.08
        assert 0 < gone["EXPIRED"] + gone["FAILED"] < 0.12 * gone.total()
        assert gone["READ"] > 0.7 * gone.total()


async def test_an_outage_processes_nearly_nothing() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "outage")
        last5m = await simulated.window("last5m")
        assert last5m["total_requests"] > 40
        assert lost(last5m) > 0.9
        assert lost(await simulated.window("lasth")) > 0.9
        assert (await simulated.window("last24h"))["total_transactions"] > 10_000


async def test_an_outage_from_the_start_leaves_the_past_as_it_was() -> None:
    async with account(scenario="outage", messages_per_hour=600) as simulated:
        assert lost(await simulated.window("lasth")) < 0.08
        simulated.clock.now += HOUR
        assert lost(await simulated.window("lasth")) > 0.9


async def test_a_failure_spike_is_that_of_one_network() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "failure-spike")
        assert 0.18 < lost(await simulated.window("lasth")) < 0.4
        failed = await simulated.walk(rows_per_page=100, filter={"status": "FAILED"})
        spike = Counter(
            record["network"] for record in failed if record["timestamp"] >= "2023-11-15T12:00:00.000Z"
        )
        assert spike["Adria Mobile"] > 0.8 * spike.total()


async def test_in_a_stuck_queue_messages_stay_pending_until_it_moves_again() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "stuck-queue")
        entry = await simulated.window("lasth")
        totals = await simulated.totals()
        assert totals["PENDING"] == pytest.approx(entry["total_requests"], rel=0.02)
        assert entry["total_transactions"] < 5
        oldest = await simulated.page(rows_per_page=1, sort_direction="ASC", filter={"status": "PENDING"})
        assert oldest["list"][0]["timestamp"] < "2023-11-15T12:01:00.000Z"
        await after_an_hour(simulated, "normal")
        assert in_flight(await simulated.totals()) < 40


async def test_otp_pumping_is_a_surge_to_one_country_that_nobody_reads() -> None:
    async with account(messages_per_hour=600) as simulated:
        usual = await simulated.window("lasth")
        before = await simulated.totals()
        await after_an_hour(simulated, "otp-pumping")
        surge = await simulated.window("lasth")
        assert surge["total_requests"] > 4 * usual["total_requests"]
        assert surge["total_amount"] > 10 * usual["total_amount"]
        newest = (await simulated.page(rows_per_page=100))["list"]
        assert sum(record["country"] == "Indonesia" for record in newest) > 70
        gone = Counter(await simulated.totals()) - Counter(before)
        assert gone["EXPIRED"] > 0.6 * gone.total()


async def test_silence_ends_all_traffic() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "silence")
        assert await simulated.stats("lasth") == [
            {"total_requests": 0, "total_transactions": 0, "total_amount": 0, "currency": "EUR"}
        ]
        assert (await simulated.window("last24h"))["total_requests"] > 0
        assert in_flight(await simulated.totals()) < 10


async def test_slow_answers_take_seconds() -> None:
    assert 2 <= SCENARIOS["slow"].delay <= 10
    async with account(scenario="slow") as simulated:
        with pytest.raises(TimeoutError), fail_after(0.2):
            await simulated.window("lasth")
        await simulated.switch("normal")
        with fail_after(2):
            await simulated.window("lasth")


@pytest.mark.parametrize(
    ("scenario", "status", "retry_after"),
    [("errors", 500, None), ("rate-limit", 429, "30"), ("rejected-key", 401, None)],
)
@pytest.mark.parametrize("endpoint", ["stats", "tdr"])
async def test_a_refusing_api_answers_every_request_alike(
    scenario: str, status: int, retry_after: str | None, endpoint: str
) -> None:
    async with account() as simulated:
        await simulated.switch(scenario)
        answer = await simulated.post(endpoint, {})
        assert answer.status_code == status
        assert answer.headers.get("retry-after") == retry_after
        assert answer.json()["statusCode"] == status
        await simulated.switch("normal")
        assert (await simulated.post(endpoint, {})).status_code == 200


@pytest.mark.parametrize("scenario", ["slow", "errors", "rate-limit", "rejected-key"])
async def test_a_fault_of_the_api_is_none_of_the_traffic(scenario: str) -> None:
    async with account(seed=3) as faulty:
        await after_an_hour(faulty, scenario)
        await faulty.switch("normal")
        entry = await faulty.window("lasth")
        assert entry["total_requests"] > 40
        assert lost(entry) < 0.15


def test_the_scenarios_are_those_that_people_rely_on() -> None:
    assert list(SCENARIOS) == [
        "normal",
        "outage",
        "failure-spike",
        "stuck-queue",
        "otp-pumping",
        "silence",
        "slow",
        "errors",
        "rate-limit",
        "rejected-key",
    ]


def test_a_description_is_one_sentence() -> None:
    for scenario in SCENARIOS.values():
        assert scenario.description.endswith(".")
        assert scenario.description.count(". ") == 0
