"""Any input is answered cleanly. The same examples at every run; `make fuzz` draws others, and more of them."""

import math
import re
from collections.abc import Iterator, Mapping
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
from tests.support.command import Exporter, account, serving
from tests.support.exporter import leaks
from tools.faults.api import CODE, PHONE, QUERIES, FakeApi
from tools.faults.behaviours import raw

over_sockets = settings(database=None)
thorough = settings(over_sockets, max_examples=3 * settings().max_examples)

STATUSES = {b"200", b"400", b"404", b"405", b"501"}
API_REQUESTS: tuple[StatsQuery | RecordsQuery | PageRequest, ...] = (
    StatsQuery(Window.LAST_HOUR),
    RecordsQuery(Status.SENT),
    RecordsQuery(Status.READ),
    PageRequest(1, b"key"),
)


@pytest.fixture(scope="module")
def exporter(running_api: FakeApi) -> Iterator[Exporter]:
    with serving(account(running_api.url)) as exporter:
        yield exporter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@thorough
@given(strategies.BODIES)
def test_a_body_is_a_value_or_a_fault_of_one_line(body: bytes) -> None:
    for one in API_REQUESTS:
        try:
            value = one.parse(body)
        except InvalidResponseError as error:
            shown = str(error)
            assert shown.isprintable()
            assert len(shown) < 200
        else:
            shown = repr(value)
            assert all(math.isfinite(number) for number in numbers(value))
            assert min(numbers(value)[:2]) >= 0
        assert PHONE not in shown
        assert CODE not in shown


def numbers(value: Stats | Records | Page) -> list[float]:
    """Of any value, its counts first."""
    match value:
        case Stats():
            return [value.requests, value.transactions, *value.amounts.values()]
        case Records():
            assert (value.total > 0) == (value.boundary_timestamp is not None)
            return [value.total, value.total, value.boundary_timestamp or 0.0]
        case Page():
            return [value.total, value.total, *(record.created for record in value.records)]


@over_sockets
@given(content=strategies.RESPONSES)
def test_any_bytes_from_the_api_cost_one_query_only(
    exporter: Exporter, running_api: FakeApi, content: bytes
) -> None:
    running_api.misbehave(["tdr/SENT"], raw(content))
    page = exporter.send(request(b"/metrics"))
    assert page.startswith(b"HTTP/1.1 200 "), page[:200]
    successes = re.findall(rb'^betatel_scrape_query_success{.*query="(.*)"} (\S+)', page, re.MULTILINE)
    assert len(successes) == len(QUERIES)
    assert {query for query, success in successes if success == b"0.0"} <= {b"tdr/SENT"}
    assert unexpected(exporter) == []


@over_sockets
@given(content=strategies.REQUESTS)
def test_any_request_gets_a_clean_answer(exporter: Exporter, running_api: FakeApi, content: bytes) -> None:
    running_api.behave()
    answer = exporter.send(content, seconds=0.2)
    assert set(re.findall(rb"^HTTP/1\.[01] (\d+)", answer)) <= STATUSES, answer[:200]
    assert exporter.healthy()
    assert unexpected(exporter) == []


def unexpected(exporter: Exporter) -> list[str]:
    """Log lines that no input may cause."""
    return [line for line in exporter.process.lines if re.search("level=(error|critical)|Traceback", line)]


@thorough
@given(content=strategies.SETTINGS_FILES, flags=strategies.FLAGS)
def test_settings_are_valid_or_faults_of_one_line_each(
    folder: Path, content: bytes, flags: Mapping[str, str]
) -> None:
    file = folder / "settings.yml"
    file.write_bytes(content)
    faults = [*faults_of({"config_file": str(file)}), *faults_of(flags)]
    assert all(fault and fault.isprintable() for fault in faults)
    assert leaks(*faults) == []


def faults_of(flags: Mapping[str, str]) -> tuple[str, ...]:
    try:
        load(flags, account())
    except SettingsError as error:
        return error.faults or ("",)
    return ()


@thorough
@given(content=strategies.WEB_FILES)
def test_a_web_config_file_is_valid_or_a_fault_of_one_line(folder: Path, content: bytes) -> None:
    file = folder / "web.yml"
    file.write_bytes(content)
    fault = "none"
    try:
        WebConfig(file)
    except WebConfigError as error:
        fault = str(error)
    assert fault
    assert fault.isprintable()
    assert leaks(fault) == []
