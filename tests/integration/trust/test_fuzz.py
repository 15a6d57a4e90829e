"""Hypothesis, the same examples at every run; `make fuzz` draws others, and more of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.integration.trust import fuzzing
from tests.integration.trust.fuzzing import Rig
from tests.support.command import serving
from tools.faults.api import ACCOUNT_ID, KEY, FakeApi

over_sockets = settings(database=None)
thorough = settings(over_sockets, max_examples=3 * settings().max_examples)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with FakeApi() as api:
        environment = {
            "BETATEL_API_KEY": KEY,
            "BETATEL_ACCOUNT_ID": ACCOUNT_ID,
            "BETATEL_BASE_URL": api.url,
        }
        with serving(environment) as exporter:
            yield Rig(exporter, api)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@thorough
@given(fuzzing.ANSWERS)
def test_an_answer_is_a_value_or_a_named_reason(content: bytes) -> None:
    fuzzing.an_answer_is_a_value_or_a_named_reason(content)


@over_sockets
@given(content=fuzzing.RAW_ANSWERS)
def test_any_bytes_from_the_api_cost_one_query_only(rig: Rig, content: bytes) -> None:
    fuzzing.any_bytes_from_the_api_cost_one_query_only(rig, content)


@over_sockets
@given(content=fuzzing.REQUESTS)
def test_any_request_gets_a_clean_answer(rig: Rig, content: bytes) -> None:
    fuzzing.any_request_gets_a_clean_answer(rig, content)


@thorough
@given(content=fuzzing.FILES)
def test_a_settings_file_is_settings_or_faults_of_one_line_each(folder: Path, content: bytes) -> None:
    fuzzing.a_settings_file_is_settings_or_faults_of_one_line_each(folder, content)


@thorough
@given(fuzzing.FLAGS)
def test_flags_are_settings_or_faults_of_one_line_each(flags: Mapping[str, str]) -> None:
    fuzzing.flags_are_settings_or_faults_of_one_line_each(flags)


@thorough
@given(content=fuzzing.WEB_FILES)
def test_a_web_config_file_is_one_or_a_fault_of_one_line(folder: Path, content: bytes) -> None:
    fuzzing.a_web_config_file_is_one_or_a_fault_of_one_line(folder, content)


@pytest.mark.parametrize("text", fuzzing.ODD_YAML, ids=lambda text: repr(text[:20]))
def test_yaml_of_a_known_odd_kind_is_told_in_one_line(folder: Path, text: str) -> None:
    fuzzing.a_settings_file_is_settings_or_faults_of_one_line_each(folder, text.encode())
    fuzzing.a_web_config_file_is_one_or_a_fault_of_one_line(folder, text.encode())
