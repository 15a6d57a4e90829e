"""A simulated account on a clock that stands still until a test moves it, and a client of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from betatel_exporter.simulator import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from betatel_exporter.simulator.messages import Status
from betatel_exporter.simulator.world import World

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

    async def stats(self, kind: str, **range_: str) -> list[dict[str, Any]]:
        answer = await self.post("stats", {"type": kind, **range_})
        assert answer.status_code == 200, answer.text
        entries: list[dict[str, Any]] = answer.json()
        return entries

    async def window(self, kind: str) -> dict[str, Any]:
        (entry,) = await self.stats(kind)
        return entry

    async def page(self, **body: Any) -> dict[str, Any]:
        answer = await self.post("tdr", body)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

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

    async def switch(self, scenario: str) -> None:
        answer = await self.client.post(f"/-/scenario/{scenario}")
        assert answer.json()["current"] == scenario


@asynccontextmanager
async def connected(app: Starlette, clock: Clock) -> AsyncIterator[Account]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        yield Account(client, clock)


@asynccontextmanager
async def account(*, messages_per_hour: float = 60, **options: Any) -> AsyncIterator[Account]:
    clock = Clock()
    app = create_app(messages_per_hour=messages_per_hour, clock=clock, **options)
    async with connected(app, clock) as opened:
        yield opened


def world(clock: Clock, *, messages_per_hour: float = 60, **options: Any) -> World:
    return World(
        **{"scenario": "normal", "seed": 1, "speed": 1, "messages_per_hour": messages_per_hour, **options},
        clock=clock,
    )


def in_flight(totals: dict[str, int]) -> int:
    return totals[Status.PENDING] + totals[Status.SENT]
