import subprocess
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from betatel_exporter.definitions import CATALOGUE, Definition
from betatel_exporter.metrics import account_families, build_families, web_config_families
from tests.unit.snapshots import make_calls, make_snapshot

GOLDEN = Path(__file__).parent / "golden" / "page.txt"


class Page(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> list[Metric]:
        return self.families


def registry_of(*accounts: str) -> CollectorRegistry:
    calls = make_calls(*accounts)
    registry = CollectorRegistry()
    registry.register(
        Page(
            [
                *account_families(map(make_snapshot, accounts), {accounts[0]: {"EUR": 50.0}}),
                *calls.account_families(accounts),
                *build_families("0.0.0", "abc", "3.11.0"),
                *calls.shared_families(),
                *web_config_families(reload_success=True),
            ]
        )
    )
    return registry


def series(text: str) -> set[str]:
    return {line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")}


def test_the_whole_page_is_as_it_was_agreed() -> None:
    assert generate_latest(registry_of("shop")).decode() == GOLDEN.read_text()


def test_the_page_is_valid_openmetrics() -> None:
    text = generate_openmetrics(registry_of("shop", "bank")).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {definition.name.removesuffix("_total") for definition in CATALOGUE} == set(families)


def test_promtool_has_nothing_to_say_about_the_page(tool: Callable[[str], str]) -> None:
    page = generate_latest(registry_of("shop", "bank"))
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=page, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_a_second_account_adds_its_own_series_and_changes_none() -> None:
    one = series(generate_latest(registry_of("shop")).decode())
    two = series(generate_latest(registry_of("shop", "bank")).decode())
    assert {line for line in two if 'account="bank"' not in line} == one
    assert len(two) > len(one)


def test_a_failed_query_has_no_value_and_says_so() -> None:
    text = generate_latest(registry_of("shop")).decode()
    assert 'betatel_telegram_messages{account="shop",status="FAILED"}' not in text
    assert 'betatel_scrape_query_success{account="shop",query="tdr/FAILED"} 0.0' in text
    assert 'betatel_up{account="shop"} 0.0' in text


def test_zeros_are_there() -> None:
    assert (
        'betatel_telegram_messages{account="shop",status="READ"} 0.0'
        in generate_latest(registry_of("shop")).decode()
    )


def test_nothing_is_kept_between_pages() -> None:
    account_families([make_snapshot()], {})
    assert account_families([], {"shop": {"EUR": 50.0}}) == []


def test_every_metric_has_base_units_and_no_label_of_a_target() -> None:
    target_labels = {"instance", "job", "endpoint", "pod", "container", "namespace", "service", "node"}

    def conforms(definition: Definition) -> bool:
        return (
            definition.name.startswith("betatel_")
            and definition.name.endswith("_total") == (definition.type == "counter")
            and not set(definition.labels) & target_labels
        )

    assert [definition.name for definition in CATALOGUE if not conforms(definition)] == []


def test_help_of_api_values_names_endpoint_and_field() -> None:
    for definition in CATALOGUE:
        if definition.name.startswith("betatel_telegram_") and "budget" not in definition.name:
            assert "POST /telegram/" in definition.help
            assert definition.help.endswith(".")
