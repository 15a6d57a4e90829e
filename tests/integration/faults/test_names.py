"""Host names that hang while they are looked up."""

import signal
import sys
from pathlib import Path

from tests.support.command import serving
from tools.faults.api import FakeApi

HANGING = """
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
"""The command, where some names hang for good and api.example is this machine."""

HUNG, HEALTHY = 4, 12


def test_hung_names_starve_no_account_and_delay_no_exit(tmp_path: Path) -> None:
    with FakeApi() as api:
        file = tmp_path / "accounts.yml"
        file.write_text(accounts(api.port))
        with serving(
            {}, f"--config.file={file}", "--allow-http", command=[sys.executable, "-c", HANGING]
        ) as exporter:
            page = exporter.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 8").read()[1]
            up = [line.rpartition(" ")[2] for line in page.splitlines() if line.startswith("betatel_up{")]
            assert up == ["0.0"] * HUNG + ["1.0"] * HEALTHY
            exporter.process.signal(signal.SIGTERM)
            assert exporter.process.wait() == 0


def accounts(port: int) -> str:
    hosts = [f"hung-{n}.example" for n in range(HUNG)] + ["api.example"] * HEALTHY
    lines = (
        f'- {{name: "{n:02}", account_id: a, api_key: k, base_url: "http://{host}:{port}/api"}}'
        for n, host in enumerate(hosts)
    )
    return "\n".join(["accounts:", *lines])
