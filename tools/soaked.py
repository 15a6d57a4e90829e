"""The exporter of a soak: the command, which prints what it uses whenever it gets SIGUSR1."""

import asyncio
import ctypes
import gc
import json
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from betatel_exporter.cli import main


@dataclass(frozen=True)
class Usage:
    memory: float
    """MB resident."""
    sockets: int
    tasks: int
    threads: int


def usage() -> Usage:
    """Of this process, while its event loop runs."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)  # glibc keeps freed memory for later
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    sockets = sum(link.is_socket() for link in Path("/proc/self/fd").iterdir())
    return Usage(int(resident.split()[1]) / 1024, sockets, len(asyncio.all_tasks()), threading.active_count())


def report(*_: object) -> None:
    sys.stdout.write(f"usage {json.dumps(asdict(usage()))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, report)
    sys.exit(main(sys.argv[1:]))
