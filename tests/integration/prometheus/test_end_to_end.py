"""Simulated API, exporter, Prometheus and Alertmanager as processes; the shipped rules, routes and inhibitions."""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.prometheus import shortened
from tools.loopback import free_address
from tools.paths import ROOT
from tools.stack.services import Addresses, native, running, services

CONFIGURATION = ROOT / "prometheus"
Notifications = queue.Queue[tuple[str, dict[str, Any]]]


def test_a_failure_spike_pages_and_an_api_that_is_down_silences_it(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("prometheus")
    tool("prometheus-alertmanager")
    with ExitStack() as stack:
        receiver, notifications = stack.enter_context(webhook())
        addresses = stack.enter_context(stack_with(receiver, tmp_path))
        client = stack.enter_context(httpx.Client(trust_env=False))
        prometheus, alertmanager = f"http://{addresses.prometheus}", f"http://{addresses.alertmanager}"

        def switch(scenario: str) -> None:
            client.post(f"http://{addresses.simulator}/-/scenario/{scenario}").raise_for_status()

        until(lambda: healthy_targets(client, prometheus) == 1)
        until(
            lambda: query(client, prometheus, "account_window:betatel_telegram_failures_per_requests:zscore")
        )
        assert query(client, prometheus, 'ALERTS{alertstate="firing"}') == []

        switch("failure-spike")
        page = first(notifications, "BetatelDeliveryFailureSpike")
        assert page["receiver"] == "pager"
        assert page["status"] == "firing"
        assert page["labels"]["account"] == "default"
        assert page["labels"]["severity"] == "critical"
        assert page["annotations"]["runbook_url"].endswith("/BetatelDeliveryFailureSpike.md")
        assert page["annotations"]["dashboard_url"] == "/d/betatel-overview?var-account=default"

        switch("errors")
        page = first(notifications, "BetatelApiDown")
        assert page["receiver"] == "pager"
        until(lambda: states(client, alertmanager, "BetatelDeliveryFailureSpike") == {"suppressed"})
        assert states(client, alertmanager, "BetatelApiDown") == {"active"}
        until(lambda: healthy_targets(client, prometheus) == 1)

        switch("normal")
        until(lambda: states(client, alertmanager, "BetatelApiDown") == set())
        assert rule_faults(client, prometheus) == []


@contextmanager
def stack_with(receiver: str, folder: Path) -> Iterator[Addresses]:
    addresses = Addresses(*(free_address() for _ in range(4)))
    (folder / "rules.yml").write_text(shortened.rules())
    (folder / "prometheus.yml").write_text(
        shortened.prometheus(
            native((CONFIGURATION / "prometheus.yml").read_text(), addresses), str(folder / "rules.yml")
        )
    )
    (folder / "alertmanager.yml").write_text(
        shortened.alertmanager((CONFIGURATION / "alertmanager.yml").read_text(), receiver)
    )
    wanted = services(
        folder,
        addresses,
        demo=["--speed", str(shortened.FACTOR), "--messages-per-hour", "3000"],
        prometheus=["--query.lookback-delta=5s"],
    )
    with running(wanted, folder):
        yield addresses


@contextmanager
def webhook() -> Iterator[tuple[str, Notifications]]:
    """A receiver's address, and the path and content of every notification it gets."""
    notifications: Notifications = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            notifications.put((self.path.strip("/"), json.loads(body)))
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


def first(notifications: Notifications, alertname: str, within: float = 120) -> dict[str, Any]:
    """The next alert of this name that is notified, with the receiver it came to."""
    deadline = time.monotonic() + within
    while True:
        try:
            receiver, message = notifications.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            pytest.fail(f"no {alertname} within {within:.0f} s")
        for alert in message["alerts"]:
            if alert["labels"]["alertname"] == alertname:
                return {**alert, "receiver": receiver}


def until(true: Callable[[], Any], within: float = 120) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def query(client: httpx.Client, prometheus: str, expression: str) -> list[Any]:
    response = client.get(f"{prometheus}/api/v1/query", params={"query": expression}).raise_for_status()
    return list(response.json()["data"]["result"])


def healthy_targets(client: httpx.Client, prometheus: str) -> int:
    targets = client.get(f"{prometheus}/api/v1/targets").raise_for_status().json()["data"]["activeTargets"]
    return sum(target["health"] == "up" and not target["lastError"] for target in targets)


def rule_faults(client: httpx.Client, prometheus: str) -> list[str]:
    groups = client.get(f"{prometheus}/api/v1/rules").raise_for_status().json()["data"]["groups"]
    return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"]


def states(client: httpx.Client, alertmanager: str, alertname: str) -> set[str]:
    alerts = client.get(
        f"{alertmanager}/api/v2/alerts", params={"filter": f'alertname="{alertname}"'}
    ).raise_for_status()
    return {alert["status"]["state"] for alert in alerts.json()}
