"""The one launcher of child processes, for tools and tests.

CPU, memory and open files of another process come from Linux' interfaces.
"""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.paths import ROOT

CPUCLOCK_SCHED = 2
START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0


class ProcessError(RuntimeError):
    """A process that ended, or did not print or do in time what was waited for; quotes its output."""


class Process:
    """A child process; as a context manager it ends with the block, by SIGTERM first and then by SIGKILL.

    Its output, standard error included, is read by a thread as it comes, so no child blocks on a full pipe. It has a session
    of its own: Ctrl-C reaches the parent alone, which then ends its children.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, *, cwd: Path = ROOT
    ) -> None:
        """Start it, without any environment variable but PATH and those given."""
        self.started = time.perf_counter()
        self.lines: list[str] = []
        """Its output so far, without line ends."""
        self._popen = subprocess.Popen(  # noqa: S603  commands of our own tools and tests
            command,
            cwd=cwd,
            env={"PATH": os.environ.get("PATH", ""), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._searched = 0
        self._printed = threading.Condition()
        self._reader = threading.Thread(target=self._read, name=f"output of {self.pid}", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_for(self, pattern: str, seconds: float = START_TIMEOUT) -> re.Match[str]:
        """The next line that matches, each line being looked at once; raises ProcessError."""
        deadline = time.monotonic() + seconds
        with self._printed:
            while True:
                while self._searched < len(self.lines):
                    self._searched += 1
                    if match := re.search(pattern, self.lines[self._searched - 1]):
                        return match
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise self._error(f"no line with {pattern!r}")
                self._printed.wait(min(left, 0.1))

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Until a condition holds; raises ProcessError if the process ends before, or does not get there."""
        deadline = time.monotonic() + START_TIMEOUT
        while not ready():
            if not self.running or time.monotonic() > deadline:
                self._reader.join(STOP_TIMEOUT if not self.running else 0)
                raise self._error(f"not {what}")
            time.sleep(0.002)

    def wait_for_port(self, port: int) -> None:
        """Until it accepts connections on a loopback port; raises ProcessError."""
        self.wait_until(lambda: _accepts(port), f"listening on port {port}")

    def signal(self, signum: signal.Signals) -> None:
        self._popen.send_signal(signum)

    def wait(self, seconds: float = START_TIMEOUT) -> int:
        """Its exit code, the output being complete then; raises ProcessError where it goes on running."""
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self._error(f"still running after {seconds:g} s") from None
        self._reader.join(STOP_TIMEOUT)
        return code

    def stop(self) -> None:
        self._popen.terminate()
        try:
            self._popen.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._reader.join(STOP_TIMEOUT)

    def cpu(self) -> float:
        """Seconds of CPU that all its threads have used: clock_getcpuclockid(3), which Python has for threads only."""
        return time.clock_gettime((~self.pid << 3) | CPUCLOCK_SCHED)

    def waited(self) -> float:
        """Seconds that its main thread was ready to run and had no CPU: the machine's doing."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def memory(self) -> float:
        """Resident memory in MB, shared libraries included."""
        return self._status("VmRSS") / 1000

    def peak_memory(self) -> float:
        return self._status("VmHWM") / 1000

    def reset_peak_memory(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def threads(self) -> int:
        return self._status("Threads")

    def _read(self) -> None:
        assert self._popen.stdout is not None  # noqa: S101  it is a pipe
        with self._popen.stdout as output:
            for line in output:
                with self._printed:
                    self.lines.append(line.rstrip("\n"))
                    self._printed.notify_all()

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise self._error("no status")

    def _error(self, problem: str) -> ProcessError:
        return ProcessError(f"{self._popen.args!r}: {problem}: {self.output[-2000:]}")


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
