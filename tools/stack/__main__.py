"""python -m tools.stack: run the stack until Ctrl-C, and print what its alerts do."""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from tools.paths import ROOT
from tools.stack import receiver
from tools.stack.services import Addresses, StackError, alertmanager, demo, native, prometheus, running

POLL_SECONDS = 5.0
LABELS = ("severity", "account", "country", "network", "query", "path")


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
    services = (
        demo(addresses, "--speed", speed),
        alertmanager(routing, folder / "alertmanager", addresses.alertmanager),
        prometheus(scraping, folder / "prometheus", addresses.prometheus),
    )
    with running(*services), receiver.listening(addresses.receiver) as pager:
        threading.Thread(target=pager.serve_forever, daemon=True).start()
        _introduce(addresses)
        _watch(f"http://{addresses.prometheus}/api/v1/alerts")


def _introduce(addresses: Addresses) -> None:
    scenario = f"curl -X POST http://{addresses.simulator}/-/scenario"
    print(
        f"exporter      http://{addresses.exporter}/",
        f"Prometheus    http://{addresses.prometheus}/",
        f"Alertmanager  http://{addresses.alertmanager}/",
        "",
        f"Break it:  {scenario}/outage    or network-down, stuck-queue, errors, rejected-key",
        f"End it:    {scenario}/normal",
        "Alerts that become pending, fire and resolve are printed below, and so is what pages. Stop with Ctrl-C.",
        "",
        sep="\n",
        flush=True,
    )


def _watch(url: str) -> NoReturn:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    before: dict[str, str] = {}
    while True:
        with contextlib.suppress(OSError):
            with opener.open(url, timeout=5) as response:
                states = states_of(json.load(response)["data"]["alerts"])
            for change in changes(before, states):
                print(f"{time.strftime('%H:%M:%S')}  {change}", flush=True)
            before = states
        time.sleep(POLL_SECONDS)


def states_of(alerts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The state of each alert of Prometheus' /api/v1/alerts, by its name and its most telling labels."""
    states = {}
    for alert in alerts:
        labels = alert["labels"]
        shown = ", ".join(f"{name}={labels[name]}" for name in LABELS if labels.get(name))
        states[f"{labels['alertname']} ({shown})"] = str(alert["state"])
    return states


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """A line for each alert that became pending, fires or has ended."""
    for name, state in now.items():
        if before.get(name) != state:
            yield f"{state:8}  {name}"
    for name, state in before.items():
        if name not in now:
            yield f"{'resolved' if state == 'firing' else 'inactive':8}  {name}"


if __name__ == "__main__":
    sys.exit(main())
