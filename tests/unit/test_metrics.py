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
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.calls import Calls
from betatel_exporter.definitions import CATALOGUE, Definition
from betatel_exporter.metrics import Families, account_families
from betatel_exporter.recent import Destination, DestinationCounts, Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult, Snapshot

GOLDEN = Path(__file__).parent / "golden" / "page.txt"
CREATED = 1_700_000_000.0
RECENT = Recent(
    destinations={
        Destination("Croatia", "Jadran Tel"): DestinationCounts(
            {status: 3 * (status is Status.READ) for status in Status}, reached=2, unreached=0
        ),
        Destination("other", "other"): DestinationCounts(
            {status: 5 * (status is Status.FAILED) for status in Status}, reached=0, unreached=1
        ),
    },
    period=1800.0,
    coverage=0.5,
    extent=None,
    shown={},
)
OUTCOMES = (
    (StatsQuery(Window.LAST_5_MINUTES), Stats(842, 809, {"USD": -1.5, "EUR": 8.09}), 0.125),
    (RecordsQuery(Status.PENDING), Records(2, CREATED), 0.25),
    (RecordsQuery(Status.READ), Records(0, None), 0.25),
    (RecordsQuery(Status.EXPIRED), Records(7, CREATED), 0.5),
    (RecordsQuery(Status.FAILED), Failure(Reason.SERVER_ERROR, "HTTP 500"), 0.75),
    (RecentQuery(b"key"), RECENT, 0.5),
)


def snapshot(account: str) -> Snapshot:
    """One window, four statuses, of which one failed, and recent records."""
    return Snapshot(
        account=account,
        results=[QueryResult(query, outcome, duration, CREATED) for query, outcome, duration in OUTCOMES],
        duration=0.75,
        last_success={"stats/last5m": CREATED, "tdr/FAILED": CREATED - 60},
        cooldown_until=CREATED + 120,
    )


class Page(Collector):
    """The metrics page of some accounts without the process."""

    def __init__(self, *accounts: str) -> None:
        calls = Calls(accounts)
        count = calls.observer(accounts[0])
        count(Operation.STATS, 0.125, None)
        count(Operation.TDR, 0.75, Reason.SERVER_ERROR)
        build = "0.0.0", "abc", "3.11.0"
        families = Families(calls, {accounts[0]: {"EUR": 50.0}}, build, lambda: True)
        self._families = [*families.of_all([snapshot(account) for account in accounts])]

    def collect(self) -> list[Metric]:
        return [family for family in self._families if family.name.startswith("betatel_")]


def text(*accounts: str) -> str:
    return generate_latest(Page(*accounts)).decode()


def series(page: str) -> set[str]:
    return {line.rsplit(" ", 1)[0] for line in page.splitlines() if not line.startswith("#")}


def test_the_page_is_the_golden_one_without_values_of_failed_queries() -> None:
    assert text("shop") == GOLDEN.read_text()


def test_the_page_is_valid_openmetrics_with_every_metric_of_the_catalogue() -> None:
    openmetrics = generate_openmetrics(Page("shop", "bank")).decode()
    families = {family.name for family in text_string_to_metric_families(openmetrics)}
    assert {definition.name.removesuffix("_total") for definition in CATALOGUE} == families


def test_promtool_has_nothing_to_say_about_the_page(tool: Callable[[str], str]) -> None:
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input=text("shop", "bank").encode(),
        capture_output=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_a_second_account_adds_its_own_series_and_changes_none() -> None:
    one, two = series(text("shop")), series(text("shop", "bank"))
    assert {line for line in two if 'account="bank"' not in line} == one
    assert len(two) > len(one)


def test_nothing_is_kept_between_pages() -> None:
    account_families([snapshot("shop")], {})
    assert account_families([], {"shop": {"EUR": 50.0}}) == []


def test_every_metric_has_base_units_no_label_of_a_target_and_its_source_in_help() -> None:
    target_labels = {"instance", "job", "endpoint", "pod", "container", "namespace", "service", "node"}

    def conforms(definition: Definition) -> bool:
        from_api = definition.name.startswith("betatel_telegram_") and "budget" not in definition.name
        return (
            definition.name.startswith("betatel_")
            and definition.name.endswith("_total") == (definition.type == "counter")
            and not set(definition.labels) & target_labels
            and ("POST /telegram/" in definition.help or not from_api)
        )

    assert [definition.name for definition in CATALOGUE if not conforms(definition)] == []
