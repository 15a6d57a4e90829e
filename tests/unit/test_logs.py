import json
import logging
import os
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


def written(capfd: pytest.CaptureFixture[str]) -> str:
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logs.BackgroundHandler)
    handler._lines.join()
    return capfd.readouterr().err


def test_logfmt_has_time_level_event_and_fields(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "logfmt")
    logging.getLogger("betatel_exporter.x").warning(
        "query failing", extra={"account": "shop", "detail": 'HTTP "500"'}
    )
    line = written(capfd)
    assert line.startswith("ts=20")
    assert line.endswith('level=warning msg="query failing" account=shop detail="HTTP \\"500\\""\n')


def test_json_is_one_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    logging.getLogger("uvicorn.error").error("line one\nline two")
    (line,) = written(capfd).splitlines()
    assert json.loads(line).items() >= {"level": "error", "msg": "line one\nline two"}.items()


def test_lines_below_the_level_are_not_written(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "logfmt")
    logging.getLogger("betatel_exporter.x").info("listening")
    assert written(capfd) == ""


@pytest.mark.parametrize("level", ["debug", "info"])
def test_libraries_are_heard_from_warnings_up(capfd: pytest.CaptureFixture[str], level: str) -> None:
    logs.configure(level, "logfmt")
    logging.getLogger("httpx").info("HTTP Request: POST https://api.example/")
    assert written(capfd) == ""
    logging.getLogger("httpx").warning("heard")
    assert "msg=heard" in written(capfd)


def test_a_traceback_stays_on_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "logfmt")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("betatel_exporter.x").exception("unforeseen")
    (line,) = written(capfd).splitlines()
    assert "ZeroDivisionError" in line


def test_repeated_lines_are_suppressed_and_counted() -> None:
    now = 0.0
    limit = logs.RepeatLimit(lambda: now)

    def passed(name: str, count: int) -> list[logging.LogRecord]:
        line = {"betatel_exporter.x": 1, "asyncio": 2, "uvicorn.error": 3}[name]
        records = [
            logging.makeLogRecord({"name": name, "pathname": "x.py", "lineno": line}) for _ in range(count)
        ]
        return [record for record in records if limit.filter(record)]

    assert len(passed("asyncio", 500)) == logs.LINES_A_MINUTE
    assert len(passed("uvicorn.error", 500)) == logs.LINES_A_MINUTE
    assert len(passed("betatel_exporter.x", 500)) == 500
    assert len(passed("betatel_exporter.x", 10_000)) == logs.OUR_LINES_A_MINUTE - 500
    now = 61.0
    first, *further = passed("asyncio", 3)
    assert vars(first)["suppressed"] == 490
    assert len(further) == 2
    assert not any("suppressed" in vars(record) for record in further)


def test_a_reader_that_has_stopped_blocks_nobody_and_lines_are_dropped_and_counted() -> None:
    reading, writing = os.pipe()
    handler = logs.BackgroundHandler(writing)
    text = b""
    emitted = 0
    with os.fdopen(reading, "rb", buffering=0) as reader:
        while not handler._dropped:  # the pipe is full, and so is the queue
            handler.emit(logging.makeLogRecord({"msg": f"line-{emitted}"}))
            emitted += 1
        handler.flush()  # gives up after a second, or the process would not end
        while b"log lines dropped" not in text:
            text += reader.read(65536)
    assert b"line-0\nline-1\n" in text
    assert text.count(b"line-") < emitted
    handler._lines.join()  # with the pipe closed, the rest of the lines goes nowhere, which is no error
    os.close(writing)
