"""Log lines on standard error: logfmt or JSON, one event a line.

Logging never waits: a thread writes the lines, and drops them where standard error takes no more.
"""

import logging
import os
import queue
import select
import threading
import time
from collections.abc import Callable

import structlog

QUIET = ("httpx", "httpcore", "aiohttp", "asyncio", "uvicorn.error")
"""Loggers of libraries, heard only from warnings up."""

OURS = "betatel_exporter"

LINES_A_MINUTE = 10
"""From one place in a library's code; much of that depends on what clients send."""

OUR_LINES_A_MINUTE = 1000
"""From one place in our code."""

QUEUED = 1000
"""Lines that wait to be written; further ones are dropped."""

FLUSH_SECONDS = 1.0

STANDARD_ERROR = 2
DROPPED = {"name": OURS, "levelno": logging.WARNING, "levelname": "WARNING", "msg": "log lines dropped"}


def configure(level: str, form: str) -> None:
    """Route the standard library's loggers, ours and the libraries', through one formatter."""
    handler = BackgroundHandler(STANDARD_ERROR)
    handler.addFilter(RepeatLimit())
    handler.setFormatter(_formatter(form))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))


class BackgroundHandler(logging.Handler):
    """Writes to a file descriptor in a thread of its own, so that a reader that has stopped blocks nobody."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[bytes] = queue.Queue(QUEUED)
        self._dropped = 0
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self._line(record))
        except queue.Full:
            self._dropped += 1
        except Exception:  # noqa: BLE001  a line that cannot be formatted, as in logging's own handlers
            self.handleError(record)

    def flush(self) -> None:
        """Wait until every line is written, for FLUSH_SECONDS at most; logging does so when the process ends."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, FLUSH_SECONDS)

    def _line(self, record: logging.LogRecord) -> bytes:
        return f"{self.format(record)}\n".encode(errors="backslashreplace")

    def _write_all(self) -> None:
        while True:
            self._write(self._lines.get())
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                self._write(self._line(logging.makeLogRecord(DROPPED | {"dropped": dropped})))
            self._lines.task_done()

    def _write(self, line: bytes) -> None:
        """Not through sys.stderr: a thread that holds its lock at exit would abort the process."""
        while line:
            try:
                line = line[os.write(self._descriptor, line) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                return  # closed: nobody reads it


class RepeatLimit(logging.Filter):
    """Bounds the lines a minute from one place in the code; the next line that passes says how many were suppressed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._minutes: dict[tuple[str, int], tuple[float, int]] = {}
        """The end of the current minute of a place, and the lines in it so far."""

    def filter(self, record: logging.LogRecord) -> bool:
        place = record.pathname, record.lineno
        limit = OUR_LINES_A_MINUTE if record.name.split(".")[0] == OURS else LINES_A_MINUTE
        end, lines = self._minutes.get(place, (0.0, 0))
        now = self._clock()
        if now >= end:
            if lines > limit:
                record.suppressed = lines - limit
            end, lines = now + 60, 0
        self._minutes[place] = end, lines + 1
        return lines < limit


def _formatter(form: str) -> logging.Formatter:
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", key="ts"),
        structlog.processors.EventRenamer("msg"),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.processors.LogfmtRenderer(key_order=["ts", "level", "msg"], bool_as_flag=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
