"""The commands demo and simulate: the main job with nothing to set up."""

import os
import sys
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from betatel_exporter import simulator
from betatel_exporter.assembly import make_app
from betatel_exporter.config import Address, load
from betatel_exporter.web.server import Service, bind, bound, serve

SHOWN = (
    "betatel_up",
    "betatel_telegram_requests",
    "betatel_telegram_transactions",
    "betatel_telegram_messages",
)


@dataclass(frozen=True)
class World:
    """How the simulated API is set up."""

    scenario: str
    seed: int
    speed: float
    messages_per_hour: float

    def app(self) -> Starlette:
        return simulator.create_app(
            scenario=self.scenario, seed=self.seed, speed=self.speed, messages_per_hour=self.messages_per_hour
        )


async def simulate(world: World, address: Address) -> None:
    """The simulated API alone."""
    socket = bind(address)
    _say(
        f"simulated API   http://{bound(socket)}{simulator.BASE_PATH}",
        f"headers         x-api-key: {simulator.API_KEY}, x-account-id: {simulator.ACCOUNT_ID}",
        f"scenarios       curl -X POST http://{bound(socket)}/-/scenario/NAME, of {', '.join(simulator.SCENARIOS)}",
        "Stop with Ctrl-C.",
    )
    await serve([Service(world.app(), socket)], grace=1)


async def demo(world: World, api_address: Address, web_address: Address) -> None:
    """Simulated API and exporter in one process."""
    _leave_out_the_environment()
    os.environ["BETATEL_API_KEY"] = simulator.API_KEY
    with bind(api_address) as api, bind(web_address) as web:
        api_url, web_url = f"http://{bound(api)}", f"http://{bound(web)}"
        flags = {
            "account_id": simulator.ACCOUNT_ID,
            "base_url": f"{api_url}{simulator.BASE_PATH}",
            "daily_budget": "EUR=500",
        }
        configuration = load(flags)
        services = [Service(world.app(), api), Service(make_app(configuration), web)]
        await serve(services, grace=configuration.settings.timeout, meanwhile=_tell(web_url, api_url))


def _leave_out_the_environment() -> None:
    """Neither a real account's settings nor a proxy have a part in the demo."""
    for name in list(os.environ):
        if name.startswith("BETATEL_") or name.lower().endswith("_proxy"):
            del os.environ[name]


async def _tell(web: str, api: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(f"{web}/metrics")
    lines = response.text.splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    _say(
        "betatel-exporter demo: a simulated API and the exporter, in one process",
        "",
        f"  page       {web}/",
        f"  metrics    {web}/metrics",
        f"  API        {api}{simulator.BASE_PATH} (simulated)",
        "",
        f"One scrape: {len(samples)} samples in {response.elapsed.total_seconds() * 1000:.0f} ms, among them",
        *(f"  {line}" for line in samples if line.startswith(SHOWN)),
        "",
        f"Change what the API does: curl -X POST {api}/-/scenario/outage",
        f"  scenarios: {', '.join(simulator.SCENARIOS)}",
        "Stop with Ctrl-C.",
    )


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
