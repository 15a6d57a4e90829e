"""The commands demo and simulate, which need no account."""

import asyncio
import contextlib
import re
import sys
import time
from argparse import Namespace
from collections.abc import Callable

import httpx
from starlette.applications import Starlette

from betatel_exporter.assembly import make_exporter
from betatel_exporter.config import load
from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from betatel_exporter.simulator.scenarios import SCENARIOS
from betatel_exporter.web.account_view import AccountView
from betatel_exporter.web.landing import headline
from betatel_exporter.web.server import Service, bind, bound, serve

SCRAPE_INTERVAL = 5.0
"""Seconds between the scrapes of itself."""

SCENARIO_AGE = 2700.0
"""Seconds that the scenario of the start has lasted, so that windows and recent records are full of it."""

SHOWN = re.compile(r"betatel_(up|telegram_(requests|transactions|messages)){")


async def simulate(flags: Namespace) -> None:
    """The simulated API alone."""
    socket = bind(flags.listen_address)
    _say(
        f"simulated API   http://{bound(socket)}{BASE_PATH}",
        f"headers         x-api-key: {API_KEY}, x-account-id: {ACCOUNT_ID}",
        f"scenarios       curl -X POST http://{bound(socket)}/-/scenario/NAME, of {', '.join(SCENARIOS)}",
        "Stop with Ctrl-C.",
    )
    await serve([Service(_simulated(flags, _fast_clock(flags.speed)), socket)], grace=1)


async def demo(flags: Namespace) -> None:
    """Simulated API and exporter in one process, on the simulated world's own clock; it scrapes itself."""
    clock = _fast_clock(flags.speed)
    with bind(flags.simulator) as api, bind(flags.web) as web:
        api_url, web_url = f"http://{bound(api)}", f"http://{bound(web)}"
        settings = {
            "account_id": ACCOUNT_ID,
            "base_url": f"{api_url}{BASE_PATH}",
            "daily_budget": "EUR=500",
        }
        configuration = load(settings, {"BETATEL_API_KEY": API_KEY})
        simulated = _simulated(flags, clock)
        app, (collector,) = make_exporter(configuration, clock=clock)

        def state() -> list[str]:
            scenario = simulated.state.world.scenario_name
            account = headline(AccountView(collector))
            return [f"scenario {scenario}: {SCENARIOS[scenario].description}", f"account: {account}"]

        services = [Service(simulated, api), Service(app, web)]
        watching = _watch(web_url, api_url, flags.speed, state)
        await serve(services, grace=configuration.settings.timeout, meanwhile=watching)


def _simulated(flags: Namespace, clock: Callable[[], float]) -> Starlette:
    return create_app(
        scenario=flags.scenario,
        seed=flags.seed,
        messages_per_hour=flags.messages_per_hour,
        scenario_age=SCENARIO_AGE,
        clock=clock,
    )


def _fast_clock(speed: float) -> Callable[[], float]:
    """A clock that runs `speed` times as fast from now on; in seconds since the epoch."""
    start = time.time()
    return lambda: start + (time.time() - start) * speed


async def _watch(web: str, api: str, speed: float, state: Callable[[], list[str]]) -> None:
    """Scrape every few seconds and print what changes of the state, for as long as the demo runs."""
    async with httpx.AsyncClient(trust_env=False) as client:
        page = await client.get(f"{web}/metrics")
        _introduce(web, api, speed, page)
        before: list[str] = []
        while True:
            now = state()
            _say(*(f"{time.strftime('%H:%M:%S')}  {text}" for text in now if text not in before))
            before = now
            await asyncio.sleep(SCRAPE_INTERVAL)
            with contextlib.suppress(httpx.HTTPError):  # the server is stopping
                await client.get(f"{web}/metrics")


def _introduce(web: str, api: str, speed: float, page: httpx.Response) -> None:
    samples = [line for line in page.text.splitlines() if not line.startswith("#")]
    _say(
        "betatel-exporter demo: a simulated API and the exporter, in one process",
        "",
        f"  page       {web}/",
        f"  metrics    {web}/metrics",
        f"  API        {api}{BASE_PATH} (simulated; a minute passes in {60 / speed:g} s)",
        "",
        f"One scrape: {len(samples)} samples in {page.elapsed.total_seconds() * 1000:.0f} ms, among them",
        *(f"  {line}" for line in samples if SHOWN.match(line)),
        "",
        f"Change what the API does: curl -X POST {api}/-/scenario/outage",
        f"  scenarios: {', '.join(SCENARIOS)}",
        "Stop with Ctrl-C. What changes is printed below.",
    )


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
