"""The provider's two endpoints, and a control path beside them."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from betatel_exporter.simulator.fields import BadRequest, json_object
from betatel_exporter.simulator.listing import PageRequest, list_page
from betatel_exporter.simulator.messages import record_fields
from betatel_exporter.simulator.periods import requested_periods
from betatel_exporter.simulator.scenarios import SCENARIOS
from betatel_exporter.simulator.world import World

API_KEY = "simulated-key"
ACCOUNT_ID = "simulated-account"
BASE_PATH = "/api/v1/connect-hub"

_FASTEST = 100_000
_BUSIEST = 1_000_000
_SLOWEST = 3600
_LONGEST = 86_400


class _Api:
    def __init__(self, world: World, seed: int, latency: float) -> None:
        self._world = world
        self._fields = record_fields(seed)
        self._latency = latency

    async def stats(self, request: Request) -> JSONResponse:
        body = await self._admit(request)
        entries = []
        for period in requested_periods(body, self._world.now):
            totals = self._world.totals(period.start, period.end)
            entries.append(
                {
                    "total_requests": totals.requests,
                    "total_transactions": totals.transactions,
                    "total_amount": totals.amount / 1000,
                    "currency": "EUR",
                }
            )
        return JSONResponse(entries)

    async def tdr(self, request: Request) -> JSONResponse:
        body = await self._admit(request)
        return JSONResponse(list_page(PageRequest.parse(body), self._world.store, self._fields))

    async def _admit(self, request: Request) -> dict[str, Any]:
        body = await request.body()
        await asyncio.sleep(self._latency + self._world.scenario.delay)
        refusal = self._world.scenario.refusal
        if refusal is not None:
            raise HTTPException(refusal.status, refusal.message, dict(refusal.headers))
        given = request.headers.get("x-api-key"), request.headers.get("x-account-id")
        if given != (API_KEY, ACCOUNT_ID):
            raise HTTPException(401, "Authentication failed")
        self._world.advance()
        return json_object(body)

    async def scenario(self, _request: Request) -> JSONResponse:
        return self._scenarios()

    async def switch(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        if name not in SCENARIOS:
            raise HTTPException(404, f"unknown scenario: choose one of {', '.join(SCENARIOS)}")
        self._world.switch(name)
        return self._scenarios()

    def _scenarios(self) -> JSONResponse:
        available = {name: scenario.description for name, scenario in SCENARIOS.items()}
        return JSONResponse({"current": self._world.scenario_name, "available": available})


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    """All errors have one form, which the provider's pages leave open."""
    if isinstance(error, HTTPException):
        return _problem(error.status_code, error.detail, error.headers)
    return _problem(400, str(error))


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message}, status, headers)


def create_app(
    *,
    scenario: str = "normal",
    seed: int = 1,
    speed: float = 1.0,
    messages_per_hour: float = 600.0,
    latency: float = 0.0,
    scenario_age: float = 0.0,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The simulated API; its world is `app.state.world`.

    `clock` in seconds since the epoch, `speed` in simulated seconds per second of it, `messages_per_hour` the mean over a
    day, `latency` in real seconds before each answer, `scenario_age` in simulated seconds that the scenario has lasted at
    the start. At a speed above 1 the account's time, and with it every timestamp, runs ahead of `clock`. Nothing runs
    between requests: the world catches up at the next one. ValueError for an unknown scenario or a number out of range.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"unknown scenario {scenario!r}: choose one of {', '.join(SCENARIOS)}")
    if not 0 < speed <= _FASTEST:
        raise ValueError(f"speed must be above 0 and at most {_FASTEST}")
    if not 0 <= messages_per_hour <= _BUSIEST:
        raise ValueError(f"messages_per_hour must be between 0 and {_BUSIEST}")
    if not 0 <= latency <= _SLOWEST:
        raise ValueError(f"latency must be between 0 and {_SLOWEST} seconds")
    if not 0 <= scenario_age <= _LONGEST:
        raise ValueError(f"scenario_age must be between 0 and {_LONGEST} seconds")
    world = World(
        scenario=scenario,
        seed=seed,
        speed=speed,
        messages_per_hour=messages_per_hour,
        clock=clock,
        scenario_age=scenario_age,
    )
    api = _Api(world, seed, latency)
    app = Starlette(
        routes=[
            Route(f"{BASE_PATH}/telegram/stats", api.stats, methods=["POST"]),
            Route(f"{BASE_PATH}/telegram/tdr", api.tdr, methods=["POST"]),
            Route("/-/scenario", api.scenario, methods=["GET"]),
            Route("/-/scenario/{name}", api.switch, methods=["POST"]),
        ],
        exception_handlers={BadRequest: _refuse, HTTPException: _refuse},
    )
    app.state.world = world
    return app
