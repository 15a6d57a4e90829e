"""The exporter of a soak, in a process of its own that tells what it uses: a line on standard input, a line of JSON back."""

import asyncio
import ctypes
import gc
import json
import logging
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from betatel_exporter.assembly import make_app
from betatel_exporter.config import Address, load
from betatel_exporter.web.server import Server, Service, bind, run


@dataclass(frozen=True)
class Usage:
    memory: float
    """MB resident."""
    sockets: int
    tasks: int
    threads: int

    @staticmethod
    def now() -> "Usage":
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)  # what glibc keeps of bursts is in nobody's use
        status = Path("/proc/self/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        sockets = sum(link.is_socket() for link in Path("/proc/self/fd").iterdir())
        return Usage(
            int(resident.split()[1]) / 1024, sockets, len(asyncio.all_tasks()), threading.active_count()
        )


async def serve(file: Path) -> None:
    """Until standard input ends."""
    configuration = load({"config_file": str(file)}, {})
    listener = bind(Address("127.0.0.1", 0))
    server = Server(Service(make_app(configuration), listener), grace=1)
    serving = asyncio.ensure_future(server.serve())
    say(listener.getsockname()[1])
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.readline():
        say(asdict(Usage.now()))
    server.should_exit = True
    await serving


def say(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    logging.disable()
    run(serve(Path(sys.argv[1])))
