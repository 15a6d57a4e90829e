"""What is measured: processes, and the requests that make one complete set of ten queries of each."""

import contextlib
import gzip
import json
import shutil
import ssl
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
import yaml

from tools.bench.client import Pages, request
from tools.bench.queries import HEADERS, queries
from tools.loopback import free_port
from tools.paths import ROOT
from tools.process import Process

DEVELOPMENT = ("rich", "pygments")
"""What httpx and structlog import wherever it is installed, and an installation of the exporter does not have."""

Scraped = AbstractAsyncContextManager[tuple[Pages, Process]]
"""A process that runs for the time of the block, and how it is scraped."""


@dataclass(frozen=True)
class Bench:
    """What all measurements of a run share."""

    folder: Path
    plain: int
    """Port of the upstream."""
    secure: int
    """Its port with TLS."""
    quick: bool = False

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    @property
    def environment(self) -> dict[str, str]:
        """Of the exporter and its peers: as a user has it, without what only development needs."""
        return {"PYTHONPATH": f"{self.folder / 'without'}:{ROOT}:{ROOT / 'exporter'}"}

    def base_url(self, latency: int, *, tls: bool = False) -> str:
        """The upstream at a latency in milliseconds."""
        origin = f"https://localhost:{self.secure}" if tls else f"http://127.0.0.1:{self.plain}"
        return f"{origin}/{latency}"

    def limit(self, latency: int, *, tls: bool = False) -> Pages:
        """The ten queries alone, all at once on kept connections: no exporter can be faster."""
        requests = [request(f"/{latency}/{path}", HEADERS, body) for path, body in queries().values()]
        context = ssl.create_default_context(cafile=self.ca_file) if tls else None
        return Pages(self.secure if tls else self.plain, requests, context)

    async def calls(self) -> int:
        """Queries that the upstream has answered."""
        async with contextlib.aclosing(Pages(self.plain, [request("/calls")])) as pages:
            return int((await pages.get())[0])


@contextlib.contextmanager
def upstream(folder: Path, *, quick: bool = False) -> Iterator[Bench]:
    """The upstream in a process of its own, with a certificate of its own authority."""
    (folder / "without").mkdir()
    for name in DEVELOPMENT:
        (folder / "without" / f"{name}.py").write_text("raise ImportError")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    with Process([sys.executable, "-m", "tools.bench.upstream", str(folder / "server.pem")]) as process:
        plain, secure = json.loads(process.wait_for(r"^\[.*\]$")[0])
        yield Bench(folder, plain, secure, quick)


def exporter(bench: Bench, base_url: str, *arguments: str, accounts: int = 1) -> Scraped:
    """The command itself."""
    port = free_port()
    file = bench.folder / f"{port}.yml"
    names = [f"account-{number}" for number in range(accounts)]
    settings = {
        "base_url": base_url,
        "ca_file": bench.ca_file if base_url.startswith("https:") else "",
        "web": {"listen_address": f"127.0.0.1:{port}"},
        "accounts": [{"name": name, "account_id": name, "api_key": "key"} for name in names],
    }
    file.write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "betatel_exporter", f"--config.file={file}", *arguments]
    return _scraped(bench, port, command)


def peer(bench: Bench, base_url: str, workers: int) -> Scraped:
    """The client library's own server with httpx and so many threads."""
    port = free_port()
    arguments = str(port), base_url, str(workers), bench.ca_file
    return _scraped(bench, port, [sys.executable, "-m", "tools.bench.peer", *arguments])


def json_exporter(bench: Bench, base_url: str) -> Scraped | None:
    """prometheus-community/json_exporter where it is on the PATH: a module and a probe for each query, all at once."""
    command = shutil.which("json_exporter")
    if command is None:
        return None
    port = free_port()
    config = bench.folder / "json_exporter.yml"
    config.write_text(yaml.safe_dump({"modules": _modules(bench.ca_file)}))
    probes = [f"/probe?module={name}&target={base_url}/{path}" for name, (path, _) in queries().items()]
    arguments = f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"
    return _scraped(bench, port, [command, *arguments], probes)


def _modules(ca_file: str) -> Mapping[str, Any]:
    fields = ("total_requests", "total_transactions", "total_amount")
    stats = {
        "name": "telegram",
        "type": "object",
        "path": "{ [*] }",
        "labels": {"currency": "{ .currency }"},
        "values": {field: f"{{ .{field} }}" for field in fields},
    }
    total = {"name": "telegram_messages", "path": "{ .total }"}
    return {
        name: {
            "headers": HEADERS,
            "body": {"content": body},
            "http_client_config": {"tls_config": {"ca_file": ca_file}},
            "metrics": [stats if path.endswith("stats") else total],
        }
        for name, (path, body) in queries().items()
    }


@contextlib.asynccontextmanager
async def _scraped(
    bench: Bench, port: int, command: Sequence[str], paths: Sequence[str] = ("/metrics",)
) -> AsyncIterator[tuple[Pages, Process]]:
    with Process(command, bench.environment) as process:
        process.wait_for_port(port)
        async with contextlib.aclosing(Pages(port, [request(path) for path in paths])) as pages:
            yield pages, process


def accounts_up(page: bytes) -> int:
    """How many accounts of a page have an answer to every query."""
    lines = gzip.decompress(page).splitlines()
    return sum(line.startswith(b"betatel_up{") and line.endswith(b" 1.0") for line in lines)
