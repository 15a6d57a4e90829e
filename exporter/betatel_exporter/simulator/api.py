"""The provider's two endpoints, and the control endpoint for scenarios."""

import asyncio
import time
from collections.abc import Callable, Mapping

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from betatel_exporter.simulator.listing import PageRequest, list_page
from betatel_exporter.simulator.periods import StatsRequest
from betatel_exporter.simulator.scenarios import SCENARIOS
from betatel_exporter.simulator.world import World

API_KEY = "simulated-key"
ACCOUNT_ID = "simulated-account"
BASE_PATH = "/api/v1/connect-hub"


class _Api:
    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed

    async def stats(self, request: Request) -> JSONResponse:
        asked = StatsRequest.model_validate_json(await self._admit(request))
        totals = self._world.store.totals_since(asked.start(self._world.now))
        return JSONResponse(
            [
                {
                    "total_requests": totals.requests,
                    "total_transactions": totals.transactions,
                    "total_amount": totals.amount / 1000,
                    "currency": "EUR",
                }
            ]
        )

    async def tdr(self, request: Request) -> JSONResponse:
        asked = PageRequest.model_validate_json(await self._admit(request))
        return JSONResponse(list_page(asked, self._world.store, self._seed))

    async def _admit(self, request: Request) -> bytes:
        """The body, by default an empty object; raises HTTPException for a request that is refused."""
        body = await request.body()
        scenario = self._world.scenario
        await asyncio.sleep(scenario.delay)
        if scenario.refusal:
            raise HTTPException(*scenario.refusal)
        if (request.headers.get("x-api-key"), request.headers.get("x-account-id")) != (API_KEY, ACCOUNT_ID):
            raise HTTPException(401, "Authentication failed")
        self._world.advance()
        return body or b"{}"

    async def scenario(self, _request: Request) -> JSONResponse:
        available = {name: scenario.description for name, scenario in SCENARIOS.items()}
        return JSONResponse({"current": self._world.scenario_name, "available": available})

    async def switch(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        if name not in SCENARIOS:
            raise HTTPException(404, f"unknown scenario: must be one of {', '.join(SCENARIOS)}")
        self._world.switch(name)
        return await self.scenario(request)


def _refuse(_request: Request, error: Exception) -> JSONResponse:
    """All errors have one form, which the provider's pages leave open."""
    if isinstance(error, HTTPException):
        return _problem(error.status_code, error.detail, error.headers)
    assert isinstance(error, ValidationError)  # noqa: S101  registered for these two
    first = error.errors()[0]
    return _problem(
        400, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg'].removeprefix('Value error, ')}"
    )


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message}, status, headers)


def create_app(
    *,
    scenario: str = "normal",
    seed: int = 1,
    messages_per_hour: float = 600.0,
    scenario_age: float = 0.0,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The simulated API; its world is `app.state.world`.

    `clock` in seconds since the epoch, `messages_per_hour` is the mean over a day, `scenario_age` in seconds that the
    scenario has lasted at the start. KeyError for an unknown scenario.
    """
    world = World(
        scenario=scenario,
        seed=seed,
        messages_per_hour=messages_per_hour,
        clock=clock,
        scenario_age=scenario_age,
    )
    api = _Api(world, seed)
    app = Starlette(
        routes=[
            Route(f"{BASE_PATH}/telegram/stats", api.stats, methods=["POST"]),
            Route(f"{BASE_PATH}/telegram/tdr", api.tdr, methods=["POST"]),
            Route("/-/scenario", api.scenario, methods=["GET"]),
            Route("/-/scenario/{name}", api.switch, methods=["POST"]),
        ],
        exception_handlers={ValidationError: _refuse, HTTPException: _refuse},
    )
    app.state.world = world
    return app
