import subprocess
from collections.abc import Callable
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.calls import Calls
from betatel_exporter.definitions import CATALOGUE, Definition
from betatel_exporter.metrics import Families, account_families
from betatel_exporter.recent import Destination, DestinationCounts, Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult, Snapshot

GOLDEN = Path(__file__).parent / "golden" / "page.txt"
CREATED = 1_700_000_000.0
COUNTS = {
    Destination("Croatia", "Jadran Tel"): DestinationCounts({Status.READ: 3, Status.SENT: 0}, 2, 0),
    Destination("other", "other"): DestinationCounts({Status.FAILED: 5}, 0, 1),
}
OUTCOMES = (
    (StatsQuery(Window.LAST_5_MINUTES), Stats(842, 809, {"USD": -1.5, "EUR": 8.09})),
    (RecordsQuery(Status.PENDING), Records(2, CREATED)),
    (RecordsQuery(Status.READ), Records(0, None)),
    (RecordsQuery(Status.EXPIRED), Records(7, CREATED)),
    (RecordsQuery(Status.FAILED), Failure(Reason.SERVER_ERROR, "HTTP 500")),
    (RecentQuery(b"key"), Recent(COUNTS, period=1800.0, coverage=0.5, extent=None, shown={})),
)


class Page(Collector):
    """The metrics of some accounts without those of the process; one query failed."""

    def __init__(
        self, *accounts: str, only: str = "", reloaded: Callable[[], bool] | None = lambda: True
    ) -> None:
        snapshots = [
            Snapshot(
                account=account,
                results=[QueryResult(query, outcome, 0.25, CREATED) for query, outcome in OUTCOMES],
                duration=0.75,
                last_success={"stats/last5m": CREATED, "tdr/FAILED": CREATED - 60},
                cooldown_until=CREATED + 120,
            )
            for account in accounts
        ]
        build = "0.0.0", "abc", "3.11.0"
        families = Families(Calls(accounts), {accounts[0]: {"EUR": 50.0}}, build, reloaded)
        ours = [family for family in families.of_all(snapshots) if family.name.startswith("betatel_")]
        self._families = [family for family in ours if only in {"", family.type}]

    def collect(self) -> list[Metric]:
        return self._families


def series(page: Page) -> set[str]:
    lines = generate_latest(page).decode().splitlines()
    return {line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")}


def test_the_gauges_are_the_golden_page_without_values_of_failed_queries() -> None:
    assert generate_latest(Page("shop", only="gauge")).decode() == GOLDEN.read_text()


def test_the_page_is_valid_openmetrics_with_every_metric_of_the_catalogue() -> None:
    openmetrics = generate_openmetrics(Page("shop", "bank")).decode()
    families = {family.name for family in text_string_to_metric_families(openmetrics)}
    assert {definition.name.removesuffix("_total") for definition in CATALOGUE} == families


def test_promtool_has_nothing_to_say_about_the_page(tool: Callable[[str], str]) -> None:
    command = [tool("promtool"), "check", "metrics"]
    page = generate_latest(Page("shop", "bank"))
    checked = subprocess.run(command, input=page, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_a_second_account_adds_its_own_series_and_changes_none() -> None:
    one, two = series(Page("shop")), series(Page("shop", "bank"))
    assert {line for line in two if 'account="bank"' not in line} == one
    assert len(two) > len(one)


def test_without_a_web_config_file_only_its_metric_is_missing() -> None:
    missing = series(Page("shop")) - series(Page("shop", reloaded=None))
    assert missing == {"betatel_exporter_web_config_reload_success"}


def test_nothing_is_kept_between_pages() -> None:
    assert series(Page("shop"))
    assert account_families([], {"shop": {"EUR": 50.0}}) == []


def test_every_metric_has_base_units_no_label_of_a_target_and_the_api_as_its_source() -> None:
    target_labels = {"instance", "job", "endpoint", "pod", "container", "namespace", "service", "node"}

    def conforms(definition: Definition) -> bool:
        from_api = definition.name.startswith("betatel_telegram_") and "budget" not in definition.name
        return (
            definition.name.startswith("betatel_")
            and definition.name.endswith("_total") == (definition.type == "counter")
            and not set(definition.labels) & target_labels
            and from_api == ("Source: POST /telegram/" in definition.help)
        )

    assert [definition.name for definition in CATALOGUE if not conforms(definition)] == []
