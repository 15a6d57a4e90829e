from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from betatel_exporter.simulator.scenarios import SCENARIOS
from tests.unit.simulator.account import NOON

pytestmark = pytest.mark.anyio

STATS, TDR = f"{BASE_PATH}/telegram/stats", f"{BASE_PATH}/telegram/tdr"
CREDENTIALS = {"x-api-key": API_KEY, "x-account-id": ACCOUNT_ID}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(messages_per_hour=60, clock=lambda: NOON))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        yield client


async def test_requests_without_the_right_headers_method_or_path_are_refused(
    client: httpx.AsyncClient,
) -> None:
    refused: list[tuple[str, str, dict[str, str], int]] = [
        ("POST", f"{BASE_PATH}/whatsapp/stats", CREDENTIALS, 404)
    ]
    for path in (STATS, TDR):
        refused += [("GET", path, CREDENTIALS, 405), ("POST", path, {}, 401)]
        for name in CREDENTIALS:
            refused += [("POST", path, {**CREDENTIALS, name: "wrong"}, 401)]
    for method, path, headers, status in refused:
        response = await client.request(method, path, content=b"no JSON", headers=headers)
        assert (response.status_code, response.json()["statusCode"]) == (status, status), path


INVALID: dict[str, dict[str, list[Any]]] = {
    STATS: {
        "type": ["fortnightly", "daily", "", 5],
        "timezone": ["Atlantis/Poseidonia", "../../etc/passwd", "Europe", "", 1],
    },
    TDR: {
        "page": [0, -1, "1", 1.0, True],
        "rows_per_page": [0, 101, []],
        "sort_by": ["colour", 1],
        "sort_direction": ["UP", "asc"],
        "filter": ["FAILED", {"colour": "red"}, {"status": ["FAILED"]}, {"country_code": "387"}],
    },
}


async def test_an_invalid_request_is_refused_with_the_field_at_fault(client: httpx.AsyncClient) -> None:
    for path, fields in INVALID.items():
        for field, value in [(field, value) for field, values in fields.items() for value in values]:
            response = await client.post(path, json={field: value}, headers=CREDENTIALS)
            assert response.status_code == 400, (field, value)
            assert response.json()["message"].startswith(field), response.text
        for body in (b"{", b"[]", b"null", b'"type"', b"\xff", b"[" * 100_000, b'{"page": 1e400'):
            response = await client.post(path, content=body, headers=CREDENTIALS)
            assert response.status_code == 400, body
            assert response.json()["message"].startswith("body: "), response.text


async def test_both_endpoints_answer_for_the_same_messages(client: httpx.AsyncClient) -> None:
    stats = await client.post(STATS, json={"type": "lasth"}, headers=CREDENTIALS)
    (hour,) = stats.json()
    listed = await client.post(TDR, json={"rows_per_page": 100}, headers=CREDENTIALS)
    times = [record["timestamp"] for record in listed.json()["list"]]
    assert hour["total_requests"] == sum(time >= "2023-11-15T11:00:00.000Z" for time in times) > 50
    assert 0.8 * hour["total_requests"] < hour["total_transactions"] <= hour["total_requests"]
    assert 0.008 <= hour["total_amount"] / hour["total_transactions"] <= 0.035
    assert hour["currency"] == "EUR"
    assert (await client.post(STATS, headers=CREDENTIALS)).status_code == 200  # without a body


REFUSALS = {"errors": (500, None), "rate-limit": (429, "30"), "rejected-key": (401, None)}


async def test_the_control_endpoint_needs_no_key_and_switches_the_scenario(client: httpx.AsyncClient) -> None:
    available = {name: scenario.description for name, scenario in SCENARIOS.items()}
    for scenario in SCENARIOS:
        await client.post(f"/-/scenario/{scenario}")
        current = (await client.get("/-/scenario")).json()
        assert current == {"current": scenario, "available": available}
        if scenario != "slow":
            answers = [await client.post(path, headers=CREDENTIALS) for path in (STATS, TDR)]
            found = {(answer.status_code, answer.headers.get("retry-after")) for answer in answers}
            assert found == {REFUSALS.get(scenario, (200, None))}, scenario
    unknown = await client.post("/-/scenario/party")
    assert unknown.status_code == 404
    assert all(name in unknown.json()["message"] for name in SCENARIOS)


async def test_slow_answers_take_seconds(client: httpx.AsyncClient) -> None:
    await client.post("/-/scenario/slow")
    assert 2 <= SCENARIOS["slow"].delay <= 10
    with pytest.raises(TimeoutError), anyio.fail_after(0.2):
        await client.post(STATS, headers=CREDENTIALS)
