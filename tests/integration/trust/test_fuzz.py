"""Whatever comes in, what goes out is clean. The same examples at every run; `make fuzz` draws others, and more of them."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.records import Page, PageRequest
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.config import SettingsError, load
from betatel_exporter.webconfig import WebConfig, WebConfigError
from tests.integration.trust import strategies
from tests.integration.trust.strategies import request
from tests.support.command import Exporter, serving
from tools.faults.api import ACCOUNT_ID, CODE, KEY, PHONE, QUERIES, FakeApi
from tools.faults.behaviours import raw

over_sockets = settings(database=None)
thorough = settings(over_sockets, max_examples=3 * settings().max_examples)

CLEAN = {b"200", b"400", b"404", b"405", b"501"}
ENVIRONMENT = {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID}
REQUESTS_OF_EACH_KIND: tuple[StatsQuery | RecordsQuery | PageRequest, ...] = (
    StatsQuery(Window.LAST_HOUR),
    RecordsQuery(Status.SENT),
    RecordsQuery(Status.READ),
    PageRequest(1, b"key"),
)


@dataclass(frozen=True)
class Rig:
    """An exporter in a process of its own, and the API it asks."""

    exporter: Exporter
    api: FakeApi

    def troubles(self) -> list[str]:
        """Log lines that no input may cause."""
        lines = self.exporter.process.lines
        return [line for line in lines if re.search("level=(error|critical)|Traceback", line)]


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with FakeApi() as api, serving(ENVIRONMENT | {"BETATEL_BASE_URL": api.url}) as exporter:
        yield Rig(exporter, api)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@thorough
@given(strategies.BODIES)
def test_a_body_is_a_value_or_a_fault_of_one_line(body: bytes) -> None:
    for one in REQUESTS_OF_EACH_KIND:
        try:
            value = one.parse(body)
        except InvalidResponseError as error:
            shown = str(error)
            assert shown.isprintable()
            assert len(shown) < 200
        else:
            shown = repr(value)
            assert all(map(math.isfinite, numbers(value)))
            assert min(counts(value)) >= 0
        assert PHONE not in shown
        assert CODE not in shown


def numbers(value: Stats | Records | Page) -> list[float]:
    match value:
        case Stats():
            return [value.requests, value.transactions, *value.amounts.values()]
        case Records():
            assert (value.total > 0) == (value.boundary_timestamp is not None)
            return [value.total, value.boundary_timestamp or 0.0]
        case Page():
            return [value.total, *(record.created for record in value.records)]


def counts(value: Stats | Records | Page) -> list[float]:
    return [value.requests, value.transactions] if isinstance(value, Stats) else [value.total]


@over_sockets
@given(content=strategies.RESPONSES)
def test_any_bytes_from_the_api_cost_one_query_only(rig: Rig, content: bytes) -> None:
    rig.api.misbehave(["tdr/SENT"], raw(content))
    page = rig.exporter.send(request(b"/metrics", b"X-Prometheus-Scrape-Timeout-Seconds: 2"))
    assert page.startswith(b"HTTP/1.1 200 "), page[:200]
    successes = re.findall(rb'^betatel_scrape_query_success{.*query="(.*)"} (\S+)', page, re.MULTILINE)
    assert len(successes) == len(QUERIES)
    assert {query for query, success in successes if success == b"0.0"} <= {b"tdr/SENT"}
    assert rig.troubles() == []


@over_sockets
@given(content=strategies.REQUESTS)
def test_any_request_gets_a_clean_answer(rig: Rig, content: bytes) -> None:
    rig.api.behave()
    answer = rig.exporter.send(content, seconds=0.2)
    assert set(re.findall(rb"^HTTP/1\.[01] (\d+)", answer)) <= CLEAN, answer[:200]
    assert rig.exporter.send(request(b"/-/healthy")).startswith(b"HTTP/1.1 200 ")
    assert rig.troubles() == []


@thorough
@given(content=strategies.FILES)
def test_a_settings_file_is_settings_or_faults_of_one_line_each(folder: Path, content: bytes) -> None:
    assert_clean(settings_faults(folder, content))


@thorough
@given(strategies.FLAGS)
def test_flags_are_settings_or_faults_of_one_line_each(flags: Mapping[str, str]) -> None:
    assert_clean(faults_of(flags))


@thorough
@given(content=strategies.WEB_FILES)
def test_a_web_config_file_is_one_or_a_fault_of_one_line(folder: Path, content: bytes) -> None:
    assert_clean(web_config_faults(folder, content))


def test_odd_yaml_is_a_fault_of_one_line(folder: Path) -> None:
    for text in strategies.ODD_YAML:
        assert_clean(settings_faults(folder, text.encode()))
        assert_clean(web_config_faults(folder, text.encode()))


def settings_faults(folder: Path, content: bytes) -> tuple[str, ...]:
    file = folder / "settings.yml"
    file.write_bytes(content)
    return faults_of({"config_file": str(file)})


def faults_of(flags: Mapping[str, str]) -> tuple[str, ...]:
    try:
        load(flags, ENVIRONMENT)
    except SettingsError as error:
        return error.faults or ("",)
    return ()


def web_config_faults(folder: Path, content: bytes) -> tuple[str, ...]:
    file = folder / "web.yml"
    file.write_bytes(content)
    try:
        WebConfig(file)
    except WebConfigError as error:
        return (str(error),)
    return ()


def assert_clean(faults: tuple[str, ...]) -> None:
    for fault in faults:
        assert fault
        assert fault.isprintable()
        assert KEY not in fault
