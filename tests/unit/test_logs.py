import contextlib
import json
import logging
import os
from collections.abc import Iterator

import pytest

from betatel_exporter import logs

OURS = logging.getLogger("betatel_exporter.x")


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


def test_an_event_is_one_line_with_time_level_fields_and_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info", "logfmt")
    OURS.warning("query failing", extra={"account": "shop", "detail": 'HTTP "500"'})
    line = written(capfd)
    assert line.startswith("ts=20")
    assert line.endswith('level=warning msg="query failing" account=shop detail="HTTP \\"500\\""\n')
    for form in ("logfmt", "json"):
        logs.configure("info", form)
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            OURS.exception("line one\nline two")
        (line,) = written(capfd).splitlines()
        assert "ZeroDivisionError" in line
    assert json.loads(line).items() >= {"level": "error", "msg": "line one\nline two"}.items()


def test_levels_apply_and_libraries_are_logged_from_warnings_up(capfd: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("httpx")
    for level, expected in (("debug", ["ours", "httpx"]), ("warning", ["httpx"]), ("error", [])):
        logs.configure(level, "logfmt")
        OURS.info("ours")
        library.info("HTTP Request: POST https://api.example/")
        library.warning("httpx")
        assert [line.rpartition("msg=")[2] for line in written(capfd).splitlines()] == expected


def test_repeated_lines_are_suppressed_and_counted() -> None:
    now = 0.0
    limit = logs.RepeatLimit(lambda: now)

    def passed(name: str, count: int) -> list[logging.LogRecord]:
        records = [logging.makeLogRecord({"name": name, "pathname": name}) for _ in range(count)]
        return [record for record in records if limit.filter(record)]

    assert len(passed("asyncio", 500)) == logs.LINES_A_MINUTE
    assert len(passed("uvicorn.error", 500)) == logs.LINES_A_MINUTE
    assert len(passed("betatel_exporter.x", 10_000)) == logs.OUR_LINES_A_MINUTE
    now = 61.0
    first, *further = passed("asyncio", 3)
    assert vars(first)["suppressed"] == 490
    assert len(further) == 2
    assert not any("suppressed" in vars(record) for record in further)


def test_a_reader_that_has_stopped_blocks_nobody_and_lines_are_dropped_and_counted() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"\n" * 4096)
    os.set_blocking(writing, True)
    handler = logs.BackgroundHandler(writing)
    for number in range(logs.QUEUED + 2):  # one is being written, and one too many
        handler.emit(logging.makeLogRecord({"msg": f"line-{number}"}))
    handler.flush()  # gives up after a second, or the process would not end
    text = b""
    while b"log lines dropped\n" not in text:
        text += os.read(reading, 65536)
    assert b"line-0\n" in text
    os.close(reading)
    handler._lines.join()  # the rest goes nowhere, which is no error
    os.close(writing)
