"""The services of compose.yaml as processes on loopback, from the same configuration files."""

import contextlib
import shutil
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.paths import ROOT, program
from tools.process import Process, ProcessError


class StackError(Exception):
    """Why the stack does not run; one line."""


@dataclass(frozen=True)
class Addresses:
    """Where each service listens."""

    simulator: str = "127.0.0.1:10743"
    exporter: str = "127.0.0.1:10742"
    prometheus: str = "127.0.0.1:9090"
    alertmanager: str = "127.0.0.1:9093"
    receiver: str = "127.0.0.1:9099"
    grafana: str = "127.0.0.1:3000"


@dataclass(frozen=True)
class Service:
    name: str
    command: Sequence[str]
    url: str
    """Answers 200 once the service is ready."""


def native(prometheus_yml: str, addresses: Addresses) -> str:
    """prometheus.yml with addresses in place of service names and with absolute rule files."""
    config = yaml.safe_load(prometheus_yml)
    config["rule_files"] = [str(ROOT / "prometheus" / pattern) for pattern in config["rule_files"]]
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [addresses.alertmanager]}]}]
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [addresses.exporter]}]
    return str(yaml.safe_dump(config, sort_keys=False))


def demo(addresses: Addresses, *flags: str) -> Service:
    command = [
        *(sys.executable, "-m", "betatel_exporter", "demo", *flags),
        f"--web.listen-address={addresses.exporter}",
        f"--simulator.listen-address={addresses.simulator}",
    ]
    return Service("betatel-exporter demo", command, f"http://{addresses.exporter}/-/ready")


def prometheus(config: Path, data: Path, address: str, *flags: str) -> Service:
    command = [
        *(installed("prometheus"), *flags),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={address}",
    ]
    return Service("Prometheus", command, f"http://{address}/-/ready")


def alertmanager(config: Path, data: Path, address: str) -> Service:
    command = [
        *(installed("prometheus-alertmanager", "alertmanager"), "--cluster.listen-address="),
        f"--config.file={config}",
        f"--storage.path={data}",
        f"--web.listen-address={address}",
    ]
    return Service("Alertmanager", command, f"http://{address}/-/ready")


def grafana(folder: Path, addresses: Addresses) -> Service | None:
    """Grafana with the shipped dashboards; None where it is not installed."""
    server = program("grafana", "grafana-server")
    if server is None:
        return None
    provisioning = folder / "provisioning"
    shutil.copytree(ROOT / "grafana" / "provisioning", provisioning)
    dashboards = str(ROOT / "grafana" / "dashboards")
    for name, old, new in (
        ("datasources/prometheus.yml", "prometheus:9090", addresses.prometheus),
        ("dashboards/betatel.yml", "/var/lib/grafana/dashboards", dashboards),
    ):
        file = provisioning / name
        file.write_text(file.read_text().replace(old, new))
    host, _, port = addresses.grafana.rpartition(":")
    command = [
        *(server, *(["server"] if Path(server).name == "grafana" else [])),
        *("--homepath", "/usr/share/grafana"),
        f"cfg:paths.data={folder / 'grafana'}",
        f"cfg:paths.provisioning={provisioning}",
        f"cfg:server.http_addr={host}",
        f"cfg:server.http_port={port}",
        "cfg:auth.anonymous.enabled=true",
        "cfg:analytics.reporting_enabled=false",
        "cfg:analytics.check_for_updates=false",
    ]
    return Service("Grafana", command, f"http://{addresses.grafana}/api/health")


def installed(*names: str) -> str:
    """The path of a program that has one of these names; raises StackError."""
    if found := program(*names):
        return found
    raise StackError(f"{' or '.join(names)} is not installed: make tools (Debian), or prometheus.io/download")


@contextlib.contextmanager
def running(*services: Service) -> Iterator[None]:
    """All services, ready; they end with the block."""
    with contextlib.ExitStack() as stack:
        started = [(service, stack.enter_context(Process(service.command))) for service in services]
        for service, process in started:
            try:
                process.wait_until(lambda url=service.url: _ready(url), "ready")  # type: ignore[misc]
            except ProcessError:
                raise StackError(f"{service.name} does not start: {''.join(process.lines[-1:])}") from None
        yield


def _ready(url: str) -> bool:
    with contextlib.suppress(OSError), opened(url):
        return True
    return False


def opened(url: str) -> Any:
    """The response of a service on loopback, past any proxy; raises OSError."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5)
