"""Accounts whose API or whose host name hangs, in the command itself."""

import re
import signal
import sys
from pathlib import Path

from tests.support.command import accounts_file, serving
from tools.faults.api import QUERIES, Exchange, FakeApi, good
from tools.faults.behaviours import silence

COMMAND = """
import socket, sys, threading

resolve = socket.getaddrinfo

def getaddrinfo(host, *arguments, **options):
    if isinstance(host, str) and host.startswith("hung"):
        threading.Event().wait()
    return resolve("127.0.0.1" if host == "api.example" else host, *arguments, **options)

socket.getaddrinfo = getaddrinfo

from betatel_exporter.cli import main

sys.exit(main(sys.argv[1:]))
"""
"""The exporter on a machine where lookups of some names never end, and api.example is this machine."""


def test_accounts_that_hang_leave_the_others_whole_and_do_not_delay_the_exit(
    api: FakeApi, tmp_path: Path
) -> None:
    async def behave(exchange: Exchange) -> None:
        await (silence if exchange.headers["x-account-id"] == "hung" else good)(exchange)

    api.misbehave(QUERIES, behave)
    accounts = [
        *(("any", f"http://hung-{number}.example:{api.port}/api") for number in range(4)),
        *[("hung", f"http://api.example:{api.port}/api")] * 26,
        *[("healthy", f"http://api.example:{api.port}/api")] * 70,
    ]
    flags = f"--config.file={accounts_file(tmp_path, accounts)}", "--allow-http", "--timeout=8"
    with serving({}, *flags, command=[sys.executable, "-c", COMMAND]) as exporter:
        page = exporter.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 8").read()[1]
        up = re.findall(r'^betatel_up{account="a(\d+)"} 1.0', page, re.MULTILINE)
        assert sorted(map(int, up)) == [*range(30, 100)]
        exporter.process.signal(signal.SIGTERM)
        assert exporter.process.wait() == 0
