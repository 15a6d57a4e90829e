"""python -m tools.stack: run the stack until Ctrl-C, and print what its alerts do."""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import threading
import time
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from tools.paths import ROOT
from tools.stack import receiver
from tools.stack.alerts import AlertWatch
from tools.stack.services import (
    Addresses,
    StackError,
    alertmanager,
    demo,
    grafana,
    native,
    opened,
    prometheus,
    running,
)

POLL_SECONDS = 5.0
PICTURES = ROOT / "docs" / "images"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.stack", description=__doc__)
    parser.add_argument("--speed", default="20", help="simulated seconds per second (default: %(default)s)")
    for field in fields(Addresses):
        parser.add_argument(
            f"--{field.name}", default=field.default, metavar="HOST:PORT", help="(default: %(default)s)"
        )
    given = vars(parser.parse_args())
    speed = given.pop("speed")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="betatel-stack-") as name:
            _run(Path(name), Addresses(**given), speed)
    except StackError as error:
        print(f"make stack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
        return 0


def _run(folder: Path, addresses: Addresses, speed: str) -> NoReturn:
    shipped = ROOT / "prometheus"
    scraping, routing = folder / "prometheus.yml", folder / "alertmanager.yml"
    scraping.write_text(native((shipped / "prometheus.yml").read_text(), addresses))
    routes = (shipped / "alertmanager.yml").read_text()
    routing.write_text(routes.replace(receiver.ADDRESS, addresses.receiver))
    services = [
        demo(addresses, "--speed", speed),
        alertmanager(routing, folder / "alertmanager", addresses.alertmanager),
        prometheus(scraping, folder / "prometheus", addresses.prometheus),
    ]
    boards = grafana(folder, addresses)
    if boards:
        services.append(boards)
    with running(*services), receiver.listening(addresses.receiver) as pager:
        threading.Thread(target=pager.serve_forever, daemon=True).start()
        _introduce(addresses, grafana_runs=boards is not None)
        _watch(addresses)


def _introduce(addresses: Addresses, *, grafana_runs: bool) -> None:
    pictures = ", ".join(str(path.relative_to(ROOT)) for path in sorted(PICTURES.glob("*-light.png")))
    scenario = f"curl -X POST http://{addresses.simulator}/-/scenario"
    print(
        f"exporter      http://{addresses.exporter}/",
        f"Prometheus    {_page(f'http://{addresses.prometheus}', '/alerts', '/classic/alerts')}",
        f"Alertmanager  {_alertmanager(addresses.alertmanager)}",
        f"Grafana       http://{addresses.grafana}/"
        if grafana_runs
        else f"Grafana       not installed; what the dashboards show: {pictures}",
        "",
        f"Break it:  {scenario}/outage    or network-down, stuck-queue, errors, rejected-key",
        f"End it:    {scenario}/normal",
        "Alerts that become pending, fire and resolve are printed below, and so is what pages. Stop with Ctrl-C.",
        "",
        sep="\n",
        flush=True,
    )


def _page(base: str, *paths: str) -> str:
    """The first of these pages that exists: Debian's Prometheus has only the classic ones."""
    for path in paths:
        with contextlib.suppress(OSError), opened(f"{base}{path}"):
            return f"{base}{path}"
    return base


def _alertmanager(address: str) -> str:
    """Its page, or the command that lists its alerts if it was built without one."""
    with opened(f"http://{address}/") as response:
        page = response.read().decode(errors="replace")
    if "<script" in page:
        return f"http://{address}/#/alerts"
    return f"built without a web page: amtool alert query --alertmanager.url=http://{address}"


def _watch(addresses: Addresses) -> NoReturn:
    watch, scenario = AlertWatch(), ""
    while True:
        with contextlib.suppress(OSError):
            now = _get(f"http://{addresses.simulator}/-/scenario")["current"]
            if now != scenario:
                scenario = now
                _say(f"scenario  {scenario}")
            alerts = _get(f"http://{addresses.prometheus}/api/v1/alerts")["data"]["alerts"]
            for change in watch.changes(alerts, time.monotonic()):
                _say(change)
        time.sleep(POLL_SECONDS)


def _get(url: str) -> Any:
    with opened(url) as response:
        return json.load(response)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
