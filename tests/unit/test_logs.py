import json
import logging
from collections.abc import Iterator

import pytest

from betatel_exporter import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_logfmt_has_time_level_event_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "logfmt")
    logging.getLogger("betatel_exporter.x").warning(
        "query failing", extra={"account": "shop", "detail": 'HTTP "500"'}
    )
    line = capsys.readouterr().err
    assert line.startswith("ts=20")
    assert line.endswith('level=warning msg="query failing" account=shop detail="HTTP \\"500\\""\n')


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    logging.getLogger("uvicorn.error").error("line one\nline two")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line).items() >= {"level": "error", "msg": "line one\nline two"}.items()


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "logfmt")
    logging.getLogger("betatel_exporter.x").info("listening")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("level", ["debug", "info"])
def test_libraries_are_heard_from_warnings_up(capsys: pytest.CaptureFixture[str], level: str) -> None:
    logs.configure(level, "logfmt")
    logging.getLogger("httpx").info("HTTP Request: POST https://api.example/")
    assert capsys.readouterr().err == ""
    logging.getLogger("httpx").warning("heard")
    assert "msg=heard" in capsys.readouterr().err


def test_a_traceback_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "logfmt")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("betatel_exporter.x").exception("unforeseen")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError" in line
