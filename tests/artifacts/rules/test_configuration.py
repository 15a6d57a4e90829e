"""The configuration of Prometheus and Alertmanager as their own tools see it, and its inhibitions as they act."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from tests.artifacts.rules.rulefile import alerts
from tests.support.paths import ROOT
from tools.loopback import free_address
from tools.stack.services import Addresses, Service, installed, native, running

CONFIGURATION = ROOT / "prometheus"
Labels = dict[str, str]


def test_prometheus_accepts_its_configuration(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("promtool"), "check", "config", CONFIGURATION / "prometheus.yml"], check=True)


def test_prometheus_accepts_it_with_loopback_addresses_too(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    shipped = (CONFIGURATION / "prometheus.yml").read_text(encoding="utf-8")
    text = native(shipped, Addresses(exporter="127.0.0.1:1", alertmanager="127.0.0.1:2"))
    (tmp_path / "prometheus.yml").write_text(text)
    subprocess.run([tool("promtool"), "check", "config", tmp_path / "prometheus.yml"], check=True)
    config = yaml.safe_load(text)
    assert config["scrape_configs"][0]["static_configs"] == [{"targets": ["127.0.0.1:1"]}]
    assert config["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["127.0.0.1:2"]}]}]
    assert config["global"] == yaml.safe_load(shipped)["global"]


def test_alertmanager_accepts_its_configuration(tool: Callable[[str], str]) -> None:
    subprocess.run([tool("amtool"), "check-config", CONFIGURATION / "alertmanager.yml"], check=True)


@pytest.mark.parametrize(("severity", "receiver"), [("critical", "pager"), ("warning", "tickets")])
def test_a_severity_is_routed_to_its_receiver(
    severity: str, receiver: str, tool: Callable[[str], str]
) -> None:
    done = subprocess.run(
        [
            *(tool("amtool"), "config", "routes", "test", f"--verify.receivers={receiver}"),
            *(f"--config.file={CONFIGURATION / 'alertmanager.yml'}", f"severity={severity}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_nothing_is_sent_anywhere_but_to_loopback() -> None:
    config = yaml.safe_load((CONFIGURATION / "alertmanager.yml").read_text(encoding="utf-8"))
    webhooks = [hook for receiver in config["receivers"] for hook in receiver.get("webhook_configs", [])]
    assert len(webhooks) == 2
    assert all(
        hook.keys() == {"url"} and hook["url"].startswith("http://127.0.0.1:9099/") for hook in webhooks
    )


class Alertmanager:
    """A running one with the shipped configuration."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v2", trust_env=False)

    def silenced(self, *firing: Labels) -> set[str]:
        """Names of those of these alerts that the others silence; everything that fired before is over."""
        self._fire(firing)
        shown = self._client.get("/alerts").raise_for_status().json()
        return {alert["labels"]["alertname"] for alert in shown if alert["status"]["inhibitedBy"]}

    def groups(self, *firing: Labels) -> list[int]:
        """How many alerts each notification has."""
        self._fire(firing)
        return sorted(
            len(group["alerts"]) for group in self._client.get("/alerts/groups").raise_for_status().json()
        )

    def _fire(self, firing: Sequence[Labels]) -> None:
        over = [alert["labels"] for alert in self._client.get("/alerts").raise_for_status().json()]
        now = datetime.now(UTC)
        ended = [{"labels": labels, "endsAt": (now - timedelta(seconds=1)).isoformat()} for labels in over]
        begun = [
            {"labels": labels, "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
            for labels in firing
        ]
        if ended:
            self._client.post("/alerts", json=ended).raise_for_status()
        self._client.post("/alerts", json=begun).raise_for_status()

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def alertmanager(
    tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Alertmanager]:
    tool("prometheus-alertmanager")
    folder = tmp_path_factory.mktemp("alertmanager")
    address = free_address()
    service = Service(
        "Alertmanager",
        [
            *(installed("prometheus-alertmanager", "alertmanager"), "--cluster.listen-address="),
            f"--config.file={CONFIGURATION / 'alertmanager.yml'}",
            f"--storage.path={folder}",
            f"--web.listen-address={address}",
        ],
        f"http://{address}",
    )
    with running([service], folder):
        running_one = Alertmanager(service.url)
        yield running_one
        running_one.close()


def alert(name: str, **labels: str) -> Labels:
    """With the labels that its rule gives it, of account shop unless given otherwise."""
    (rule, *_) = [rule for rule in alerts() if rule.name == f"Betatel{name}"]
    own = {} if name.startswith("Exporter") else {"job": "betatel", "account": "shop"}
    return {"alertname": f"Betatel{name}", **rule.labels, **own, **labels}


def names(*short: str) -> set[str]:
    return {f"Betatel{name}" for name in short}


PAGES = sorted(
    {rule.name.removeprefix("Betatel") for rule in alerts() if rule.labels["severity"] == "critical"}
)
OF_ACCOUNTS = [name for name in PAGES if not name.startswith("Exporter")]
RECORDS = {"path": "records"}


def test_no_page_of_an_account_is_silenced_by_an_exporter_a_key_an_api_or_another_account(
    alertmanager: Alertmanager,
) -> None:
    causes = [
        alert("ExporterDown", job="betatel", instance="a"),
        alert("ExporterDown", job="betatel", instance="a", severity="warning"),
        alert("ExporterAbsent"),
        alert("ExporterAbsent", job="betatel"),
        alert("ApiDown", account="bank"),
        alert("ApiUnauthorized"),
        alert("MetricsStale"),
        *(alert(name, account="bank") for name in OF_ACCOUNTS),
    ]
    for cause in causes:
        for name in OF_ACCOUNTS:
            page = alert(name)
            assert page["alertname"] not in alertmanager.silenced(cause, page), (cause, page)


def test_of_one_cause_only_the_first_page_is_sent_and_never_none(alertmanager: Alertmanager) -> None:
    requests, outage, stall = (
        alert("DeliveryFailureSpike"),
        alert("DeliveryFailing"),
        alert("DeliveryStalled"),
    )
    lost = alert("DeliveryFailureSpike", **RECORDS)
    assert alertmanager.silenced(requests, outage, stall) == names("DeliveryFailing", "DeliveryStalled")
    assert alertmanager.silenced(outage, stall, lost) == names("DeliveryStalled", "DeliveryFailureSpike")
    assert alertmanager.silenced(stall, lost) == names("DeliveryFailureSpike")
    assert alertmanager.silenced(requests, lost) == names("DeliveryFailureSpike")  # one of the two
    assert alertmanager.silenced(lost) == set()
    assert alertmanager.silenced(
        alert("ExporterDown", job="betatel", instance="a"), alert("ExporterAbsent")
    ) == names("ExporterAbsent")


def test_whoever_is_paged_for_an_account_gets_no_tickets_of_it(alertmanager: Alertmanager) -> None:
    ticket = alert("HighFailureRatio")
    for page in ("DeliveryFailing", "DeliveryFailureSpike", "DeliveryStalled", "ApiDown", "ApiUnauthorized"):
        assert alertmanager.silenced(alert(page), ticket) == names("HighFailureRatio")
    assert alertmanager.silenced(alert("DestinationFailing"), ticket) == set()
    assert alertmanager.silenced(alert("ApiDown"), alert("ApiRateLimited")) == set()
    for other in ({"account": "bank"}, {"job": "other"}):
        assert alertmanager.silenced(alert("DeliveryFailing"), {**ticket, **other}) == set()


def test_a_hundred_accounts_that_fail_are_one_group(alertmanager: Alertmanager) -> None:
    failing = [alert("DeliveryFailing", account=f"account-{number}") for number in range(100)]
    spikes = [alert("DeliveryFailureSpike", account=f"other-{number}") for number in range(10)]
    assert alertmanager.groups(*failing, *spikes, alert("ApiDown")) == [1, 110]


def test_alerts_of_others_are_left_alone(alertmanager: Alertmanager) -> None:
    theirs = {"alertname": "DiskFull", "severity": "warning", "job": "betatel", "account": "shop"}
    for cause in ("ExporterAbsent", "ApiDown", "DeliveryFailing"):
        assert alertmanager.silenced(alert(cause), theirs) == set()
    assert alertmanager.silenced({**theirs, "severity": "critical"}, alert("HighFailureRatio")) == set()
