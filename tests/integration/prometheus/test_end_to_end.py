"""Incidents through a real Prometheus and Alertmanager, with the shipped rules, routes and inhibitions: one page each.

Each incident has an exporter and a simulated API of its own, in a namespace of that name, and all of them happen at once.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.integration.prometheus import shortened
from tests.support.waiting import wait_until
from tools.loopback import free_address
from tools.paths import ROOT
from tools.stack.services import Addresses, Service, alertmanager, demo, native, prometheus, running

CONFIGURATION = ROOT / "prometheus"
EXPORTER_GONE = "exporter-gone"
PAGES = {
    "outage": "BetatelDeliveryFailing",
    "network-down": "BetatelDestinationFailing",
    "rejected-key": "BetatelApiUnauthorized",
    "errors": "BetatelApiDown",
    EXPORTER_GONE: "BetatelExporterDown",
}
"""The page of each incident: a scenario of the simulator, or the exporter's end."""

OBSERVED = 8.0
"""Seconds (here: minutes) that an incident lasts after its page, in which no other may come."""


class Notification(NamedTuple):
    """A message of Alertmanager."""

    at: float
    status: str
    namespace: str
    names: list[str]


def test_each_incident_is_one_page_that_resolves_when_its_cause_is_over(
    tool: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool("prometheus")
    tool("prometheus-alertmanager")
    with ExitStack() as stack:
        receiver, notifications = stack.enter_context(webhook())
        servers = Addresses(prometheus=free_address(), alertmanager=free_address())
        addresses = {
            namespace: replace(servers, simulator=free_address(), exporter=free_address())
            for namespace in PAGES
        }
        demos = {
            namespace: demo(of, "--speed", str(shortened.FACTOR), "--messages-per-hour", "600")
            for namespace, of in addresses.items()
        }
        gone = demos.pop(EXPORTER_GONE)
        leaving = stack.enter_context(ExitStack())
        leaving.enter_context(running(gone))
        targets = {namespace: of.exporter for namespace, of in addresses.items()}
        stack.enter_context(running(*demos.values(), *configured(tmp_path, servers, targets, receiver)))
        client = stack.enter_context(httpx.Client(trust_env=False, timeout=60))
        api = f"http://{servers.prometheus}/api/v1"

        def pages(namespace: str, status: str) -> list[Notification]:
            return [one for one in notifications if (one.namespace, one.status) == (namespace, status)]

        def switch(scenario: Callable[[str], str]) -> None:
            for namespace in demos:
                url = f"http://{addresses[namespace].simulator}/-/scenario/{scenario(namespace)}"
                client.post(url).raise_for_status()

        known = {"query": "account:betatel_telegram_failures_per_requests:median1d"}
        wait_until(
            lambda: len(client.get(f"{api}/query", params=known).json()["data"]["result"]) == len(PAGES), 120
        )
        assert notifications == []

        begun = time.monotonic()
        switch(lambda namespace: namespace)
        leaving.close()
        wait_until(lambda: all(pages(namespace, "firing") for namespace in PAGES), 240)
        time.sleep(OBSERVED)

        over = time.monotonic()
        switch(lambda _: "normal")
        stack.enter_context(running(gone))
        wait_until(lambda: all(pages(namespace, "resolved") for namespace in PAGES), 360)

        groups = client.get(f"{api}/rules").json()["data"]["groups"]
        assert [rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"] == []
        for namespace in PAGES:
            paged = pages(namespace, "firing")[0].at - begun
            resolved = pages(namespace, "resolved")[-1].at - over
            report = f"{namespace}: paged after {paged:.0f} min, resolved {resolved:.0f} min after its end"
            with capsys.disabled():
                print(f"\n{report}", end="")  # noqa: T201  the measurement that docs/alerting.md states
        firing = [one for one in notifications if one.status == "firing"]
        assert sorted((one.namespace, one.names) for one in firing) == sorted(
            (namespace, [name]) for namespace, name in PAGES.items()
        )


def configured(
    folder: Path, servers: Addresses, targets: Mapping[str, str], receiver: str
) -> tuple[Service, Service]:
    """Prometheus and Alertmanager with the shortened configuration."""
    rules, scraping, routing = folder / "rules.yml", folder / "prometheus.yml", folder / "alertmanager.yml"
    rules.write_text(shortened.rules())
    config = native((CONFIGURATION / "prometheus.yml").read_text(), servers)
    scraping.write_text(shortened.prometheus(config, str(rules), targets))
    routing.write_text(shortened.alertmanager((CONFIGURATION / "alertmanager.yml").read_text(), receiver))
    return (
        prometheus(scraping, folder / "prometheus", servers.prometheus, "--query.lookback-delta=5s"),
        alertmanager(routing, folder / "alertmanager", servers.alertmanager),
    )


@contextmanager
def webhook() -> Iterator[tuple[str, list[Notification]]]:
    """A receiver's address, and the pages that it gets."""
    notifications: list[Notification] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/pager":
                names = [alert["labels"]["alertname"] for alert in body["alerts"]]
                namespace = body["groupLabels"].get("namespace", "")
                notifications.append(Notification(time.monotonic(), body["status"], namespace, names))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", notifications
        finally:
            server.shutdown()
            thread.join()
