"""Processes under measurement. Linux: CPU clocks and memory of other processes come from its interfaces."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tools.bench.environment import ROOT

CPUCLOCK_SCHED = 2
START_TIMEOUT = 60.0


class Process:
    """A child process; as a context manager it is ended on the way out."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.started = time.perf_counter()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  stop() closes it
        self._popen = subprocess.Popen(  # noqa: S603  commands of this benchmark
            command,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def cpu(self) -> float:
        """Seconds of CPU that all its threads have used: clock_getcpuclockid(3), which Python has for threads only."""
        return time.clock_gettime((~self._popen.pid << 3) | CPUCLOCK_SCHED)

    def memory(self) -> float:
        """Resident memory in MB, shared libraries included."""
        return self._status("VmRSS") / 1000

    def peak_memory(self) -> float:
        return self._status("VmHWM") / 1000

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self._popen.pid}/fd").iterdir()))

    def line(self) -> str:
        """The next line of its standard output; raises RuntimeError where it has ended."""
        assert self._popen.stdout is not None  # noqa: S101  it is a pipe
        line = self._popen.stdout.readline()
        if not line:
            raise RuntimeError(self._last_words())
        return line.decode()

    def wait_for_port(self, port: int) -> None:
        """Until something accepts connections there; raises RuntimeError where that does not come."""
        while time.perf_counter() - self.started < START_TIMEOUT:
            if self._popen.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.002)
            else:
                return
        raise RuntimeError(self._last_words())

    def stop(self) -> None:
        self._popen.terminate()
        try:
            self._popen.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        self._errors.close()

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self._popen.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise RuntimeError(self._last_words())

    def _last_words(self) -> str:
        self._errors.seek(0)
        return f"{self._popen.args!r} ended: {self._errors.read().decode(errors='replace')[-2000:]}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
