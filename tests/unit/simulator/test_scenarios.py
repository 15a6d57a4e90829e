"""Each scenario, in the numbers that a client gets."""

from collections import Counter, defaultdict
from typing import Any

import pytest
from anyio import fail_after

from betatel_exporter.simulator import SCENARIOS
from tests.unit.simulator.account import HOUR, Account, account

pytestmark = pytest.mark.anyio

SINCE_NOON = "2023-11-15T12:00:00.000Z"
BEFORE_ONE = "2023-11-15T12:50:00.000Z"


def lost(entry: dict[str, Any]) -> float:
    return 1 - float(entry["total_transactions"]) / float(entry["total_requests"])


async def people(simulated: Account) -> dict[tuple[str, str], dict[str, list[bool]]]:
    """By country and network, then by phone number: which messages of fifty minutes came."""
    found: dict[tuple[str, str], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for record in await simulated.walk(rows_per_page=100, most=3000):
        if SINCE_NOON <= record["timestamp"] < BEFORE_ONE:
            place = record["country"], record["network"]
            found[place][record["to"]].append(record["status"] in {"DELIVERED", "READ"})
    return found


# requests of the hour, their amount, share lost of them, and of what has ended since
EFFECTS: dict[str, tuple[range, range, tuple[float, float], dict[str, tuple[float, float]]]] = {
    "normal": (range(700, 1100), range(7, 15), (0.01, 0.08), {"READ": (0.7, 0.98), "FAILED": (0, 0.08)}),
    "outage": (range(1000, 3000), range(2), (0.9, 1), {"FAILED": (0.9, 1)}),
    "failure-spike": (range(700, 1500), range(3, 15), (0.18, 0.6), {"FAILED": (0.18, 0.6)}),
    "network-down": (range(700, 1500), range(7, 20), (0, 0.1), {"EXPIRED": (0.03, 0.3)}),
    "country-down": (range(700, 1500), range(7, 15), (0.08, 0.4), {"FAILED": (0.08, 0.4)}),
    "stuck-queue": (range(1000, 4000), range(1), (0.99, 1), {}),
    "otp-pumping": (range(4000, 8000), range(100, 200), (0, 0.1), {"EXPIRED": (0.6, 0.95)}),
}


@pytest.mark.parametrize("scenario", EFFECTS)
async def test_an_hour_of_a_scenario_shows_its_effect_and_leaves_the_past_as_it_was(scenario: str) -> None:
    requests, amount, share, ends = EFFECTS[scenario]
    async with account(messages_per_hour=600) as simulated:
        before = await simulated.totals()
        assert lost(await simulated.window("lasth")) < 0.08
        await simulated.an_hour_of(scenario)
        entry = await simulated.window("lasth")
        assert entry["total_requests"] in requests
        assert int(entry["total_amount"]) in amount
        assert share[0] <= lost(entry) <= share[1]
        ended = Counter(await simulated.totals()) - Counter(before)
        for status, (least, most) in ends.items():
            assert least <= ended[status] / ended.total() <= most, (status, ended)
        assert (await simulated.window("last24h"))["total_transactions"] > 10_000


async def test_a_scenario_may_have_lasted_for_a_while_at_the_start() -> None:
    async with account(scenario="outage", messages_per_hour=600, scenario_age=HOUR) as simulated:
        assert lost(await simulated.window("lasth")) > 0.9
        assert (await simulated.window("last24h"))["total_transactions"] > 10_000


@pytest.mark.parametrize(
    ("scenario", "dead"),
    [
        ("failure-spike", {("Bosnia and Herzegovina", "Adria Mobile")}),
        ("network-down", {("Croatia", "Jadran Tel")}),
        ("country-down", {("Germany", "Rhein Funk"), ("Germany", "Hansa Mobil")}),
    ],
)
async def test_a_fault_of_destinations_spares_the_others(scenario: str, dead: set[tuple[str, str]]) -> None:
    async with account(messages_per_hour=600) as simulated:
        await simulated.an_hour_of(scenario)
        found = await people(simulated)
    unreached = {
        place: sum(not any(tries) for tries in numbers.values()) / len(numbers)
        for place, numbers in found.items()
    }
    assert min(unreached.pop(place) for place in dead) > 0.6
    assert sum(unreached.values()) / len(unreached) < 0.1


async def test_who_gets_no_code_tries_again_and_who_gets_one_does_not() -> None:
    async with account(messages_per_hour=600) as simulated:
        await simulated.an_hour_of("country-down")
        tries: dict[str, Counter[int]] = defaultdict(Counter)
        for (country, _), numbers in (await people(simulated)).items():
            tries[country].update(len(messages) for messages in numbers.values())
    german = tries.pop("Germany")
    assert {2, 3, 4, 5, 6} <= set(german)
    others = sum(tries.values(), Counter[int]())
    assert others[1] > 0.85 * others.total()


async def test_a_stuck_queue_keeps_messages_pending_until_it_moves_again() -> None:
    async with account(messages_per_hour=600) as simulated:
        await simulated.an_hour_of("stuck-queue")
        requests = (await simulated.window("lasth"))["total_requests"]
        assert (await simulated.totals())["PENDING"] == pytest.approx(requests, rel=0.02)
        oldest = await simulated.page(rows_per_page=1, sort_direction="ASC", filter={"status": "PENDING"})
        assert oldest["list"][0]["timestamp"] < "2023-11-15T12:01:00.000Z"
        await simulated.an_hour_of("normal")
        totals = await simulated.totals()
        assert totals["PENDING"] + totals["SENT"] < 40


async def test_silence_ends_all_traffic() -> None:
    async with account(messages_per_hour=600) as simulated:
        await simulated.an_hour_of("silence")
        assert await simulated.window("lasth") == {
            "total_requests": 0,
            "total_transactions": 0,
            "total_amount": 0,
            "currency": "EUR",
        }
        totals = await simulated.totals()
        assert totals["PENDING"] + totals["SENT"] < 10


async def test_slow_answers_take_seconds() -> None:
    assert 2 <= SCENARIOS["slow"].delay <= 10
    async with account(scenario="slow") as simulated:
        with pytest.raises(TimeoutError), fail_after(0.2):
            await simulated.window("lasth")


@pytest.mark.parametrize(
    ("scenario", "status", "retry_after"),
    [("errors", 500, None), ("rate-limit", 429, "30"), ("rejected-key", 401, None)],
)
async def test_an_api_that_refuses_answers_every_request_alike_and_leaves_the_traffic_alone(
    scenario: str, status: int, retry_after: str | None
) -> None:
    async with account(seed=3) as simulated:
        await simulated.an_hour_of(scenario)
        for endpoint in ("stats", "tdr"):
            answer = await simulated.post(endpoint, {})
            assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
            assert answer.headers.get("retry-after") == retry_after
        await simulated.an_hour_of("normal")
        entry = await simulated.window("lasth")
        assert entry["total_requests"] > 40
        assert lost(entry) < 0.15
