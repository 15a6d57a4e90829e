"""The configuration of Prometheus and Alertmanager as their own tools see it, and its inhibitions as they act."""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.artifacts.rules.rulefile import alerts
from tests.support.paths import ROOT
from tools.loopback import free_address
from tools.stack import services

CONFIGURATION = ROOT / "prometheus"
SHOP = {"job": "betatel", "account": "shop"}
"""Labels of an alert on an account; those that Prometheus' targets may add are cluster and namespace."""

Labels = Mapping[str, str]


def test_prometheus_accepts_its_configuration(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("promtool"), "check", "config", CONFIGURATION / "prometheus.yml"], check=True)


def test_prometheus_accepts_it_with_loopback_addresses_too(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    shipped = (CONFIGURATION / "prometheus.yml").read_text(encoding="utf-8")
    text = services.native(shipped, services.Addresses(exporter="127.0.0.1:1", alertmanager="127.0.0.1:2"))
    (tmp_path / "prometheus.yml").write_text(text)
    subprocess.run([tool("promtool"), "check", "config", tmp_path / "prometheus.yml"], check=True)
    config = yaml.safe_load(text)
    assert config["scrape_configs"][0]["static_configs"] == [{"targets": ["127.0.0.1:1"]}]
    assert config["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["127.0.0.1:2"]}]}]
    assert config["global"] == yaml.safe_load(shipped)["global"]


def test_alertmanager_accepts_its_configuration(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("amtool"), "check-config", CONFIGURATION / "alertmanager.yml"], check=True)


def test_a_severity_is_routed_to_its_receiver(tool: Callable[[str], str]) -> None:
    for severity, receiver in {"critical": "pager", "warning": "tickets"}.items():
        done = subprocess.run(
            [
                *(tool("amtool"), "config", "routes", "test", f"--verify.receivers={receiver}"),
                *(f"--config.file={CONFIGURATION / 'alertmanager.yml'}", f"severity={severity}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{severity}: {done.stdout}"


def test_notifications_go_to_loopback_only() -> None:
    config = yaml.safe_load((CONFIGURATION / "alertmanager.yml").read_text(encoding="utf-8"))
    hooks = [hook for receiver in config["receivers"] for hook in receiver.get("webhook_configs", [])]
    assert [hook["url"] for hook in hooks] == [
        f"http://127.0.0.1:9099/{name}" for name in ("pager", "tickets")
    ]


def test_inhibitions_name_alerts_that_exist() -> None:
    config = (CONFIGURATION / "alertmanager.yml").read_text(encoding="utf-8")
    rules = yaml.safe_load(config)["inhibit_rules"]
    for rule in rules:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            name, _, pattern = matcher.partition("=")
            if name == "alertname":
                for alternative in pattern.strip('~"').split("|"):
                    assert any(re.fullmatch(alternative, alert.name) for alert in alerts()), matcher


class Alertmanager:
    """A running one with the shipped configuration."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._api = f"{url}/api/v2"
        self._client = client

    def inhibited(self, firing: list[Labels]) -> list[Labels]:
        """Those of these alerts that another one of them inhibits; whatever fired before is resolved."""
        now = datetime.now(UTC)
        before = [{"labels": one["labels"], "endsAt": now.isoformat()} for one in self._alerts()]
        after = [{"labels": labels, "endsAt": (now + timedelta(hours=1)).isoformat()} for labels in firing]
        for alerts_ in filter(None, (before, after)):
            self._client.post(f"{self._api}/alerts", json=alerts_).raise_for_status()
        return [one["labels"] for one in self._alerts() if one["status"]["inhibitedBy"]]

    def groups(self, firing: list[Labels]) -> list[int]:
        """How many alerts each notification of theirs has."""
        self.inhibited(firing)
        shown = self._client.get(f"{self._api}/alerts/groups").raise_for_status().json()
        return sorted(len(group["alerts"]) for group in shown)

    def _alerts(self) -> list[Any]:
        return list(self._client.get(f"{self._api}/alerts").raise_for_status().json())


@pytest.fixture(scope="module")
def alertmanager(
    tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Alertmanager]:
    tool("prometheus-alertmanager")
    address = free_address()
    data = tmp_path_factory.mktemp("alertmanager")
    service = services.alertmanager(CONFIGURATION / "alertmanager.yml", data, address)
    with services.running(service), httpx.Client(trust_env=False) as client:
        yield Alertmanager(f"http://{address}", client)


def alert(name: str, severity: str = "critical", **labels: str) -> Labels:
    return {"alertname": f"Betatel{name}", "severity": severity, **labels}


def shop(name: str, severity: str = "critical", **labels: str) -> Labels:
    return alert(name, severity, **{**SHOP, **labels})


NETWORK = {"country": "Italy", "network": "Iliad"}
PAGES = [
    shop("DeliveryFailing"),
    shop("DeliveryFailureSpike", path="fast"),
    shop("DeliveryFailureSpike", path="slow"),
    shop("DeliveryFailureSpike", path="records"),
    shop("DeliveryStalled"),
    shop("DestinationFailing", **NETWORK),
]
TICKETS = [
    shop(rule.name.removeprefix("Betatel"), "warning", **(NETWORK if "Destination" in rule.name else {}))
    for rule in alerts()
    if rule.labels["severity"] == "warning"
    and rule.name not in {"BetatelExporterDown", "BetatelApiRateLimited"}
]
CASES: list[tuple[str, Labels, Sequence[Labels], Sequence[Labels]]] = [
    ("the account's page inhibits its other pages", PAGES[0], PAGES[1:], PAGES[1:]),
    ("requests before messages in flight and totals", PAGES[1], PAGES[2:], PAGES[3:5]),
    ("messages in flight before totals", PAGES[4], [PAGES[3], PAGES[5]], [PAGES[3]]),
    ("a destination's page inhibits no ticket", PAGES[5], TICKETS, []),
    *(
        (f"a page inhibits the account's tickets: {page}", page, TICKETS, TICKETS)
        for page in (*PAGES[:5], shop("ApiDown"), shop("ApiUnauthorized"))
    ),
    ("the reason of a page stays", shop("ApiDown"), [shop("ApiRateLimited", "warning")], []),
    ("a rejected key silences no page", shop("ApiUnauthorized"), PAGES[:1], []),
    ("nor does an API that is down", shop("ApiDown"), PAGES[5:], []),
    ("a failing query silences nothing", shop("MetricsStale", "warning"), [*TICKETS], []),
    *(
        (f"another account stays: {one}", page, [{**one, **other}], [])
        for page in (PAGES[0], shop("ApiDown"))
        for one in (PAGES[4], TICKETS[0])
        for other in ({"account": "bank"}, {"job": "other"}, {"namespace": "b"}, {"cluster": "b"})
    ),
    (
        "an exporter that is down silences no account",
        alert("ExporterDown", job="betatel", instance="a"),
        [*PAGES[:1], *TICKETS],
        [],
    ),
    *(
        ("the last exporter is down: it is absent, too", down, [absent], [absent])
        for cluster in ({}, {"cluster": "a"})
        for down in [alert("ExporterDown", job="betatel", instance="a", **cluster)]
        for absent in (alert("ExporterAbsent"), alert("ExporterAbsent", **cluster))
    ),
    (
        "an exporter of another Prometheus",
        alert("ExporterDown", job="betatel", instance="a", cluster="a"),
        [alert("ExporterAbsent", cluster="b")],
        [],
    ),
    (
        "another job without an exporter",
        alert("ExporterDown", job="betatel", instance="a"),
        [alert("ExporterAbsent", job="other"), *PAGES[:1]],
        [],
    ),
    *(
        ("alerts of others", page, [{"alertname": "DiskFull", "severity": "warning", **SHOP}], [])
        for page in (PAGES[0], shop("ApiDown"), alert("ExporterAbsent"))
    ),
    (
        "and by others",
        {"alertname": "DiskFull", "severity": "critical", **SHOP},
        TICKETS,
        [],
    ),
]


def test_an_alert_inhibits_what_has_the_same_cause_and_nothing_else(alertmanager: Alertmanager) -> None:
    wrong = []
    for meaning, cause, others, expected in CASES:
        found = [other for other in others if alertmanager.inhibited([cause, other])]
        if found != expected:
            wrong.append(f"{meaning}: {cause} inhibits {found}")
    assert not wrong, "\n".join(wrong)


def test_all_alerts_of_an_account_at_once_leave_one_page(alertmanager: Alertmanager) -> None:
    inhibited = alertmanager.inhibited([*PAGES, *TICKETS])
    assert _sorted(inhibited) == _sorted([*PAGES[1:], *TICKETS])


def test_a_hundred_accounts_that_fail_at_once_are_one_notification(alertmanager: Alertmanager) -> None:
    assert alertmanager.groups([shop("DeliveryFailing", account=f"a{n}") for n in range(100)]) == [100]


def _sorted(labels: Iterable[Labels]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(one.items()) for one in labels)
