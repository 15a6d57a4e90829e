from typing import Any

import pytest

from betatel_exporter.simulator import ACCOUNT_ID, API_KEY, BASE_PATH, SCENARIOS
from tests.unit.simulator.account import CREDENTIALS, account

pytestmark = pytest.mark.anyio

STATS, TDR = f"{BASE_PATH}/telegram/stats", f"{BASE_PATH}/telegram/tdr"


async def test_requests_without_the_right_headers_method_or_path_are_refused() -> None:
    refused: list[tuple[str, str, dict[str, str], int]] = [
        ("POST", f"{BASE_PATH}/whatsapp/stats", CREDENTIALS, 404)
    ]
    for path in (STATS, TDR):
        refused += [("GET", path, CREDENTIALS, 405)]
        for headers in (
            {},
            {"x-api-key": API_KEY},
            {"x-account-id": ACCOUNT_ID},
            {"x-api-key": "wrong", "x-account-id": ACCOUNT_ID},
            {"x-api-key": API_KEY, "x-account-id": "wrong"},
        ):
            refused += [("POST", path, headers, 401)]
    async with account(messages_per_hour=4) as small:
        for method, path, headers, status in refused:
            response = await small.client.request(method, path, content=b"no JSON", headers=headers)
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
        "filter": [
            "FAILED",
            ["status"],
            {"colour": "red"},
            {"status": ["FAILED"]},
            {"country_code": "387"},
            {"country_code": True},
        ],
    },
}


async def test_an_invalid_request_is_refused_with_the_field_at_fault() -> None:
    async with account(messages_per_hour=4) as small:
        for path, fields in INVALID.items():
            for field, values in fields.items():
                for value in values:
                    response = await small.client.post(path, json={field: value}, headers=CREDENTIALS)
                    assert response.status_code == 400, (field, value)
                    assert response.json()["message"].startswith(field), response.text
            for body in (b"{", b"[]", b"null", b'"type"', b"\xff", b"[" * 100_000, b'{"page": 1e400'):
                response = await small.client.post(path, content=body, headers=CREDENTIALS)
                assert response.status_code == 400, body
                assert response.json()["message"].startswith("body: "), response.text


async def test_windows_count_the_messages_that_the_list_shows() -> None:
    async with account(messages_per_hour=300) as simulated:
        simulated.clock.now += 1000.5
        times = [record["timestamp"] for record in await simulated.walk(rows_per_page=100)]
        for kind, start in (
            ("lastm", "2023-11-15T12:15:40.500Z"),
            ("lasth", "2023-11-15T11:16:40.500Z"),
            ("last24h", "2023-11-14T12:16:40.500Z"),
            ("today", "2023-11-15T00:00:00.000Z"),
        ):
            entry = await simulated.window(kind)
            assert entry["total_requests"] == sum(time >= start for time in times), kind
            assert 0.9 * entry["total_requests"] < entry["total_transactions"] <= entry["total_requests"]
            assert 0.008 <= entry["total_amount"] / entry["total_transactions"] <= 0.035
            assert entry["currency"] == "EUR"


async def test_the_control_endpoint_needs_no_key_and_lists_the_scenarios() -> None:
    available = {name: scenario.description for name, scenario in SCENARIOS.items()}
    async with account(messages_per_hour=4) as small:
        for scenario in SCENARIOS:
            await small.client.post(f"/-/scenario/{scenario}")
            current = (await small.client.get("/-/scenario")).json()
            assert current == {"current": scenario, "available": available}
        unknown = await small.client.post("/-/scenario/party")
        assert unknown.status_code == 404
        assert all(name in unknown.json()["message"] for name in SCENARIOS)
        assert (await small.client.get("/-/scenario")).json()["current"] == scenario
