"""Who is measured: each a process, and the requests that make one complete set of ten queries."""

import contextlib
import gzip
import json
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme
import yaml

from tools.bench.client import Pages, query_request, scrape_request
from tools.bench.queries import queries
from tools.loopback import free_port
from tools.process import Process


@dataclass(frozen=True)
class Contestant:
    name: str
    pages: Pages
    process: Process | None = None
    """Whose CPU is counted; None where it is the benchmark's own."""


@dataclass(frozen=True)
class Bench:
    """What all measurements of a run have in common."""

    python: Path
    """Of the environment that the exporter and its peers run in."""
    folder: Path
    plain: int
    """The upstream's ports, without TLS and with it."""
    secure: int
    ca_file: Path

    def base_url(self, latency: int, *, tls: bool = False) -> str:
        """The upstream at a latency in milliseconds."""
        return (
            f"https://localhost:{self.secure}/{latency}"
            if tls
            else f"http://127.0.0.1:{self.plain}/{latency}"
        )


@contextlib.contextmanager
def upstream(python: Path, folder: Path) -> Iterator[Bench]:
    """The upstream in a process of its own, with a certificate of an authority of its own."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    with Process(
        [str(python), "-m", "tools.bench.upstream", "--certificate", str(folder / "server.pem")]
    ) as process:
        plain, secure = json.loads(process.wait_for(r"^\[.*\]$")[0])
        yield Bench(python, folder, plain, secure, folder / "ca.pem")


@contextlib.asynccontextmanager
async def exporter(
    bench: Bench, base_url: str, *, accounts: int = 1, arguments: Sequence[str] = (), name: str = "exporter"
) -> AsyncIterator[Contestant]:
    """The command itself; settings from the environment for one account, from a file for several."""
    port = free_port()
    settings = {"BETATEL_BASE_URL": base_url, "BETATEL_WEB__LISTEN_ADDRESS": f"127.0.0.1:{port}"}
    if base_url.startswith("https:"):
        settings["BETATEL_CA_FILE"] = str(bench.ca_file)
    if accounts == 1:
        settings |= {"BETATEL_API_KEY": "key", "BETATEL_ACCOUNT_ID": "account"}
    else:
        settings["BETATEL_CONFIG_FILE"] = str(_accounts_file(bench.folder, accounts))
    with Process([str(bench.python), "-m", "betatel_exporter", *arguments], settings) as process:
        process.wait_for_port(port)
        pages = Pages(port, [scrape_request("/metrics")])
        yield Contestant(name, pages, process)
        await pages.aclose()


@contextlib.asynccontextmanager
async def peer(bench: Bench, base_url: str, *, workers: int, name: str) -> AsyncIterator[Contestant]:
    port = free_port()
    command = ["-m", "tools.bench.peer", f"--port={port}", f"--base-url={base_url}", f"--workers={workers}"]
    with Process([str(bench.python), *command, f"--ca-file={bench.ca_file}"]) as process:
        process.wait_for_port(port)
        pages = Pages(port, [scrape_request("/metrics")])
        yield Contestant(name, pages, process)
        await pages.aclose()


@contextlib.asynccontextmanager
async def json_exporter(bench: Bench, base_url: str) -> AsyncIterator[Contestant | None]:
    """prometheus-community/json_exporter where it is on the PATH: a module and a probe a query, the probes all at once."""
    command = shutil.which("json_exporter", path=os.environ.get("PATH"))
    if command is None:
        yield None
        return
    port = free_port()
    config = bench.folder / "json_exporter.yml"
    config.write_text(yaml.safe_dump({"modules": _modules(bench.ca_file)}))
    with Process([command, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]) as process:
        process.wait_for_port(port)
        probes = [f"/probe?module={name}&target={base_url}/{path}" for name, (path, _) in queries().items()]
        pages = Pages(port, list(map(scrape_request, probes)))
        yield Contestant("json_exporter", pages, process)
        await pages.aclose()


def limit(bench: Bench, latency: int, *, tls: bool = False) -> Contestant:
    """The ten queries alone, all at once on kept connections: what no exporter can be faster than."""
    requests = [query_request(f"/{latency}/{path}", body) for path, body in queries().values()]
    if not tls:
        return Contestant("limit", Pages(bench.plain, requests))
    return Contestant(
        "limit", Pages(bench.secure, requests, ssl.create_default_context(cafile=bench.ca_file))
    )


def accounts_up(page: bytes) -> int:
    """How many accounts of a page have all their queries answered."""
    lines = gzip.decompress(page).splitlines()
    return sum(line.startswith(b"betatel_up{") and line.endswith(b" 1.0") for line in lines)


def _accounts_file(folder: Path, accounts: int) -> Path:
    file = folder / f"accounts-{accounts}.yml"
    entries = [
        {"name": f"account-{number}", "account_id": f"id-{number}", "api_key": f"key-{number}"}
        for number in range(accounts)
    ]
    file.write_text(yaml.safe_dump({"accounts": entries}))
    return file


def _modules(ca_file: Path) -> dict[str, object]:
    headers = {"content-type": "application/json", "x-api-key": "key", "x-account-id": "account"}
    stats = {
        "name": "telegram",
        "type": "object",
        "path": "{ [*] }",
        "labels": {"currency": "{ .currency }"},
        "values": {
            name: f"{{ .{name} }}" for name in ("total_requests", "total_transactions", "total_amount")
        },
    }
    total = {"name": "telegram_messages", "path": "{ .total }"}
    return {
        name: {
            "headers": headers,
            "body": {"content": body},
            "http_client_config": {"tls_config": {"ca_file": str(ca_file)}},
            "metrics": [stats if path.endswith("stats") else total],
        }
        for name, (path, body) in queries().items()
    }
