"""Each scenario, in the numbers that a client gets."""

from collections import Counter, defaultdict
from typing import Any

import pytest
from anyio import fail_after

from betatel_exporter.simulator import SCENARIOS
from tests.unit.simulator.account import HOUR, Account, account, in_flight

pytestmark = pytest.mark.anyio

SINCE_NOON = "2023-11-15T12:00:00.000Z"
BEFORE_ONE = "2023-11-15T12:50:00.000Z"


async def after_an_hour(simulated: Account, scenario: str) -> None:
    await simulated.switch(scenario)
    simulated.clock.now += HOUR


def lost(entry: dict[str, Any]) -> float:
    return 1 - float(entry["total_transactions"]) / float(entry["total_requests"])


async def unreached(simulated: Account) -> dict[tuple[str, str], float]:
    """Share of recipients of fifty minutes without a code, by country and network."""
    people: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for record in await simulated.walk(rows_per_page=100, most=3000):
        if SINCE_NOON <= record["timestamp"] < BEFORE_ONE:
            reached = people[record["country"], record["network"]]
            reached[record["to"]] = record["status"] in {"DELIVERED", "READ"} or reached.get(
                record["to"], False
            )
    return {place: 1 - sum(reached.values()) / len(reached) for place, reached in people.items()}


async def test_an_ordinary_hour_loses_few_messages() -> None:
    async with account(messages_per_hour=600) as simulated:
        before = await simulated.totals()
        await after_an_hour(simulated, "normal")
        gone = Counter(await simulated.totals()) - Counter(before)
        assert 0 < lost(await simulated.window("lasth")) < 0.08
        assert 0 < gone["EXPIRED"] + gone["FAILED"] < 0.12 * gone.total()
        assert gone["READ"] > 0.7 * gone.total()


async def test_an_outage_processes_nearly_nothing_and_leaves_the_past_as_it_was() -> None:
    async with account(scenario="outage", messages_per_hour=600) as simulated:
        assert lost(await simulated.window("lasth")) < 0.08
        simulated.clock.now += HOUR
        assert (await simulated.window("last5m"))["total_requests"] > 40
        assert lost(await simulated.window("last5m")) > 0.9
        assert lost(await simulated.window("lasth")) > 0.9
        assert (await simulated.window("last24h"))["total_transactions"] > 10_000


async def test_a_scenario_may_have_lasted_for_a_while_at_the_start() -> None:
    async with account(scenario="outage", messages_per_hour=600, scenario_age=HOUR) as simulated:
        assert lost(await simulated.window("lasth")) > 0.9
        assert (await simulated.window("last24h"))["total_transactions"] > 10_000


async def test_a_failure_spike_is_that_of_one_network() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "failure-spike")
        assert 0.18 < lost(await simulated.window("lasth")) < 0.6
        failed = await simulated.walk(rows_per_page=100, filter={"status": "FAILED"})
        spike = Counter(record["network"] for record in failed if record["timestamp"] >= SINCE_NOON)
        assert spike["Adria Mobile"] > 0.8 * spike.total()


async def test_a_dead_network_reaches_nobody_and_hardly_shows_in_the_totals() -> None:
    async with account(messages_per_hour=600) as simulated:
        usual = await simulated.walk(rows_per_page=100, most=2000)
        assert sum(record["network"] == "Jadran Tel" for record in usual) / 2000 == pytest.approx(
            0.09, abs=0.02
        )
        await after_an_hour(simulated, "network-down")
        assert lost(await simulated.window("lasth")) < 0.1
        shares = await unreached(simulated)
        assert shares.pop(("Croatia", "Jadran Tel")) > 0.95
        assert sum(shares.values()) / len(shares) < 0.1


async def test_a_dead_country_reaches_nobody_on_any_of_its_networks() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "country-down")
        shares = await unreached(simulated)
        germany = {place: share for place, share in shares.items() if place[0] == "Germany"}
        assert len(germany) == 2
        assert min(germany.values()) == 1
        assert sum(share for place, share in shares.items() if place not in germany) / len(shares) < 0.1


async def test_who_gets_no_code_tries_again_and_who_gets_one_does_not() -> None:
    async with account(messages_per_hour=600) as simulated:
        await after_an_hour(simulated, "country-down")
        tries: dict[tuple[str, str], list[str]] = defaultdict(list)
        for record in await simulated.walk(rows_per_page=100, most=3000):
            tries[record["country"], record["to"]].append(record["timestamp"])
    since = {person: len(times) for person, times in tries.items() if SINCE_NOON < min(times) < BEFORE_ONE}
    assert {count for (country, _), count in since.items() if country == "Germany"} == {2, 3, 4, 5, 6}
    others = [count for (country, _), count in since.items() if country != "Germany"]
    assert sum(count > 1 for count in others) < 0.15 * len(others)


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
        with fail_after(10):
            await simulated.window("lasth")


@pytest.mark.parametrize(
    ("scenario", "status", "retry_after"),
    [("errors", 500, None), ("rate-limit", 429, "30"), ("rejected-key", 401, None)],
)
async def test_an_api_that_refuses_answers_every_request_alike_and_leaves_the_traffic_alone(
    scenario: str, status: int, retry_after: str | None
) -> None:
    async with account(seed=3) as simulated:
        await after_an_hour(simulated, scenario)
        for endpoint in ("stats", "tdr"):
            answer = await simulated.post(endpoint, {})
            assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
            assert answer.headers.get("retry-after") == retry_after
        await simulated.switch("normal")
        entry = await simulated.window("lasth")
        assert entry["total_requests"] > 40
        assert lost(entry) < 0.15


def test_a_description_is_one_sentence() -> None:
    for scenario in SCENARIOS.values():
        assert scenario.description.endswith(".")
        assert scenario.description.count(". ") == 0
