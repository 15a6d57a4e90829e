"""The configuration of Prometheus and Alertmanager as their own tools see it, and its inhibitions as they act."""

import subprocess
from collections.abc import Callable, Iterator
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

DELIVERY = (
    "DeliveryFailing",
    "DeliveryFailureSpike",
    "HighFailureRatio",
    "UndeliveredSpike",
    "DeliveryStalled",
)
NUMBERS = (
    *DELIVERY,
    "OldestPendingTooOld",
    "RecordTotalsDecreased",
    "TrafficDrop",
    "TrafficSpike",
    "SpendSpike",
)


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


@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "pager"), ("warning", "tickets"), ("info", "nobody")]
)
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
        shown = self._client.get("/alerts").raise_for_status().json()
        return {alert["labels"]["alertname"] for alert in shown if alert["status"]["inhibitedBy"]}

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
    """With the labels that its rule gives it, of account shop unless told otherwise."""
    (rule, *_) = [rule for rule in alerts() if rule.name == f"Betatel{name}"]
    own = {} if name.startswith("Exporter") else {"job": "betatel", "account": "shop"}
    return {"alertname": f"Betatel{name}", "severity": rule.labels["severity"], **own, **labels}


def names(*short: str) -> set[str]:
    return {f"Betatel{name}" for name in short}


def test_without_an_exporter_nothing_else_is_told(alertmanager: Alertmanager) -> None:
    rest = [alert(name) for name in (*NUMBERS, "ApiDown")]
    assert alertmanager.silenced(alert("ExporterAbsent"), *rest) == names(*NUMBERS, "ApiDown")
    down = alert("ExporterDown", job="betatel", instance="a")
    assert alertmanager.silenced(down, *rest) == names(*NUMBERS, "ApiDown")
    assert alertmanager.silenced(down, alert("ExporterAbsent")) == names("ExporterAbsent")
    assert alertmanager.silenced(alert("ExporterAbsent", job="betatel"), *rest) == names(*NUMBERS, "ApiDown")


def test_an_exporter_of_another_job_or_one_replica_of_several_silences_nothing(
    alertmanager: Alertmanager,
) -> None:
    rest = [alert(name) for name in NUMBERS if alert(name)["severity"] == "critical"]
    assert alertmanager.silenced(alert("ExporterDown", job="other", instance="a"), *rest) == set()
    assert alertmanager.silenced(alert("ExporterAbsent", job="other"), *rest) == set()
    assert alertmanager.silenced(
        alert("ExporterDown", job="betatel", instance="a", severity="warning"), *rest
    ) == set()  # fmt: skip


@pytest.mark.parametrize("cause", ["ApiDown", "ApiUnauthorized"])
def test_an_api_that_does_not_answer_silences_what_is_made_of_its_answers(
    cause: str, alertmanager: Alertmanager
) -> None:
    rest = [alert(name) for name in NUMBERS]
    assert alertmanager.silenced(alert(cause), *rest) == names(*NUMBERS)
    pages = [one for one in rest if one["severity"] == "critical"]
    assert alertmanager.silenced(alert(cause, account="bank"), *pages) == set()
    assert alertmanager.silenced(alert(cause), alert("ApiRateLimited")) == set()


@pytest.mark.parametrize(
    ("query", "silenced", "still_told"),
    [
        (
            "stats/last5m",
            [alert("DeliveryFailing"), alert("DeliveryFailureSpike", path="fast")],
            [alert("DeliveryFailureSpike", path="slow"), alert("DeliveryFailing", path="records")],
        ),
        (
            "stats/last24h",
            [alert("DeliveryFailureSpike", path="slow"), alert("HighFailureRatio"), alert("SpendSpike")],
            [alert("DeliveryFailing"), alert("DeliveryStalled")],
        ),
        (
            "tdr/READ",
            [alert("DeliveryStalled"), alert("DeliveryFailing", path="records")],
            [alert("DeliveryFailing"), alert("DeliveryFailureSpike", path="slow")],
        ),
    ],
)
def test_a_stale_query_silences_what_is_made_of_it_and_nothing_else(
    query: str, silenced: list[Labels], still_told: list[Labels], alertmanager: Alertmanager
) -> None:
    stale = alert("MetricsStale", query=query)
    for one in silenced:
        assert alertmanager.silenced(stale, one) >= {one["alertname"]}
    for one in still_told:
        assert one["alertname"] not in alertmanager.silenced(stale, one)


def test_whoever_is_paged_for_an_account_gets_no_tickets_of_it(alertmanager: Alertmanager) -> None:
    page, ticket = alert("DeliveryFailing"), alert("HighFailureRatio")
    assert alertmanager.silenced(page, ticket) == names("HighFailureRatio")
    assert alertmanager.silenced(page, {**ticket, "account": "bank"}) == set()
    assert alertmanager.silenced(page, {**ticket, "job": "other"}) == set()


def test_alerts_of_others_are_left_alone(alertmanager: Alertmanager) -> None:
    theirs = {"alertname": "DiskFull", "severity": "warning", "job": "betatel", "account": "shop"}
    for cause in ("ExporterAbsent", "ApiDown", "DeliveryFailing"):
        assert alertmanager.silenced(alert(cause), theirs) == set()
    assert alertmanager.silenced({**theirs, "severity": "critical"}, alert("HighFailureRatio")) == set()
