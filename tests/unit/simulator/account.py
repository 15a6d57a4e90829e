"""A simulated account on a clock that stands still until a test moves it, and a client of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from betatel_exporter.simulator import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from betatel_exporter.simulator.messages import Status

NOON = 1_700_049_600.0  # 2023-11-15T12:00:00Z, a Wednesday
HOUR = 3600.0
DAY = 24 * HOUR
CREDENTIALS = {"x-api-key": API_KEY, "x-account-id": ACCOUNT_ID}


class Clock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Account:
    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self.client = client
        self.clock = clock

    async def post(self, endpoint: str, body: Any) -> httpx.Response:
        return await self.client.post(f"{BASE_PATH}/telegram/{endpoint}", json=body, headers=CREDENTIALS)

    async def window(self, kind: str) -> dict[str, Any]:
        response = await self.post("stats", {"type": kind})
        (entry,) = response.raise_for_status().json()
        return dict(entry)

    async def page(self, **body: Any) -> dict[str, Any]:
        response = await self.post("tdr", body)
        return dict(response.raise_for_status().json())

    async def walk(self, *, most: int = 10**6, **body: Any) -> list[dict[str, Any]]:
        """All records that can be listed, page by page, until a page is empty or there are enough."""
        records: list[dict[str, Any]] = []
        page = 1
        while len(records) < most and (rows := (await self.page(page=page, **body))["list"]):
            records += rows
            page += 1
        return records

    async def totals(self) -> dict[str, int]:
        return {
            status: (await self.page(rows_per_page=1, filter={"status": status}))["total"]
            for status in Status
        }

    async def an_hour_of(self, scenario: str) -> None:
        response = await self.client.post(f"/-/scenario/{scenario}")
        assert response.json()["current"] == scenario
        self.clock.now += HOUR


@asynccontextmanager
async def account(*, messages_per_hour: float = 60, **options: Any) -> AsyncIterator[Account]:
    clock = Clock()
    app = create_app(messages_per_hour=messages_per_hour, clock=clock, **options)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        yield Account(client, clock)
