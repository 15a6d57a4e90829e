"""The configuration of Prometheus and Alertmanager as their own tools see it, and its inhibitions as they act."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.artifacts.rules.rulefile import alerts
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from tools.loopback import free_address
from tools.stack import services

CONFIGURATION = ROOT / "prometheus"
Labels = Mapping[str, str]


def test_prometheus_accepts_its_configuration(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("promtool"), "check", "config", CONFIGURATION / "prometheus.yml"], check=True)


def test_inhibitions_name_alerts_that_exist() -> None:
    config = (CONFIGURATION / "alertmanager.yml").read_text(encoding="utf-8")
    for pattern in re.findall(r'alertname=~?"([^"]+)"', config.partition("inhibit_rules:")[2]):
        for alternative in pattern.split("|"):
            assert any(re.fullmatch(alternative, alert.name) for alert in alerts()), pattern


class Alertmanager:
    """A running one with the shipped configuration."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._api = f"{url}/api/v2"
        self._client = client
        self._probes = 0

    def fire(self, firing: Sequence[Labels]) -> None:
        """Whatever fired before is resolved."""
        now = datetime.now(UTC)
        before = [{"labels": one["labels"], "endsAt": now.isoformat()} for one in self._get("alerts")]
        after = [{"labels": labels, "endsAt": (now + timedelta(hours=1)).isoformat()} for labels in firing]
        for alerts_ in filter(None, (before, after)):
            self._client.post(f"{self._api}/alerts", json=alerts_).raise_for_status()

    def inhibited(self, firing: Sequence[Labels]) -> list[Labels]:
        """Those of these alerts that another one of them inhibits.

        Alertmanager applies inhibitions later than it takes alerts, but in their order: so once that of the last two is.
        """
        self._probes += 1
        account = f"probe-{self._probes}"
        last = shop("DeliveryFailing", account=account), shop("TrafficDrop", "warning", account=account)
        self.fire([*firing, *last])
        wait_until(lambda: last[1] in self._inhibited())
        return [labels for labels in self._inhibited() if labels != last[1]]

    def _inhibited(self) -> list[Labels]:
        return [one["labels"] for one in self._get("alerts") if one["status"]["inhibitedBy"]]

    def notifications(self) -> list[tuple[str, int]]:
        """Receiver and number of alerts."""
        groups = self._get("alerts/groups")
        return sorted((group["receiver"]["name"], len(group["alerts"])) for group in groups)

    def _get(self, path: str) -> list[Any]:
        return list(self._client.get(f"{self._api}/{path}").raise_for_status().json())


@pytest.fixture(scope="module")
def alertmanager(
    tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Alertmanager]:
    tool("prometheus-alertmanager")
    address, data = free_address(), tmp_path_factory.mktemp("alertmanager")
    service = services.alertmanager(CONFIGURATION / "alertmanager.yml", data, address)
    with services.running(service), httpx.Client(trust_env=False) as client:
        yield Alertmanager(f"http://{address}", client)


def alert(name: str, severity: str = "critical", **labels: str) -> Labels:
    return {"alertname": f"Betatel{name}", "severity": severity, **labels}


def shop(name: str, severity: str = "critical", **labels: str) -> Labels:
    """Of an account; labels that Prometheus' targets may add are cluster and namespace."""
    return alert(name, severity, **{"job": "betatel", "account": "shop", **labels})


NETWORK = {"country": "Italy", "network": "Iliad"}
FAILING, FAST, SLOW, RECORDS, STALLED, DESTINATION = PAGES = [
    shop("DeliveryFailing"),
    *(shop("DeliveryFailureSpike", path=path) for path in ("fast", "slow", "records")),
    shop("DeliveryStalled"),
    shop("DestinationFailing", **NETWORK),
]
TICKETS = [
    shop(rule.name.removeprefix("Betatel"), "warning", **(NETWORK if "Destination" in rule.name else {}))
    for rule in alerts()
    if rule.labels["severity"] == "warning"
    and rule.name not in {"BetatelExporterDown", "BetatelApiRateLimited"}
]
API_DOWN, UNAUTHORIZED = shop("ApiDown"), shop("ApiUnauthorized")
DOWN, ABSENT = alert("ExporterDown", job="betatel", instance="a"), alert("ExporterAbsent")
WEST = {"cluster": "west"}
FOREIGN = {"alertname": "DiskFull", "severity": "warning", "job": "betatel", "account": "shop"}
INHIBITS: list[tuple[Labels, Sequence[Labels], Sequence[Labels]]] = [
    (FAILING, PAGES[1:], PAGES[1:]),
    (FAST, PAGES[2:], [RECORDS, STALLED]),
    (STALLED, [RECORDS, DESTINATION], [RECORDS]),
    (DESTINATION, TICKETS, []),
    *((page, TICKETS, TICKETS) for page in (FAILING, FAST, SLOW, RECORDS, STALLED, API_DOWN, UNAUTHORIZED)),
    (API_DOWN, [shop("ApiRateLimited", "warning"), FAILING, DESTINATION, FOREIGN], []),
    (UNAUTHORIZED, [FAILING], []),
    (shop("MetricsStale", "warning"), TICKETS, []),
    *(
        (page, [{**other, **label} for other in (STALLED, TICKETS[0])], [])
        for page in (FAILING, API_DOWN)
        for label in ({"account": "bank"}, {"job": "other"}, {"namespace": "b"}, WEST)
    ),
    (DOWN, [FAILING, *TICKETS, alert("ExporterAbsent", job="other")], []),
    (DOWN, [ABSENT], [ABSENT]),
    ({**DOWN, **WEST}, [ABSENT, {**ABSENT, **WEST}], [ABSENT, {**ABSENT, **WEST}]),
    ({**DOWN, "cluster": "east"}, [{**ABSENT, **WEST}], []),
    *((page, [FOREIGN], []) for page in (FAILING, ABSENT)),
    ({**FOREIGN, "severity": "critical"}, TICKETS, []),
]
"""An alert, others, and those of them that it inhibits."""


def test_an_alert_inhibits_what_has_the_same_cause_and_nothing_else(alertmanager: Alertmanager) -> None:
    wrong = []
    for cause, others, expected in INHIBITS:
        found = [other for other in others if alertmanager.inhibited([cause, other])]
        if found != expected:
            wrong.append(f"{cause} inhibits {found}")
    assert not wrong, "\n".join(wrong)


def test_all_alerts_of_an_account_at_once_leave_one_page(alertmanager: Alertmanager) -> None:
    inhibited = alertmanager.inhibited([*PAGES, *TICKETS])
    assert all(one in inhibited for one in (*PAGES[1:], *TICKETS))
    assert FAILING not in inhibited


def test_a_hundred_accounts_that_fail_at_once_are_one_page_and_their_tickets_one_ticket(
    alertmanager: Alertmanager,
) -> None:
    accounts = [{"account": f"a{number}"} for number in range(100)]
    firing = [
        shop(name, severity, **account)
        for account in accounts
        for name, severity in (("DeliveryFailing", "critical"), ("TrafficDrop", "warning"))
    ]
    alertmanager.fire(firing)
    wait_until(lambda: alertmanager.notifications() == [("pager", 100), ("tickets", 100)], 60)
