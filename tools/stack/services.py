"""The services of compose.yaml as processes on loopback, from the same configuration files."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.paths import ROOT

TIMEOUT = 30.0
"""Seconds for everything to become ready, and then for each process to end."""


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


def services(
    folder: Path, addresses: Addresses, demo: Sequence[str] = (), prometheus: Sequence[str] = ()
) -> list[Service]:
    """With prometheus.yml and alertmanager.yml of `folder`; `demo` and `prometheus` are further flags."""
    return [
        Service(
            "betatel-exporter demo",
            [
                *(sys.executable, "-m", "betatel_exporter", "demo", *demo),
                f"--web.listen-address={addresses.exporter}",
                f"--simulator.listen-address={addresses.simulator}",
            ],
            f"http://{addresses.exporter}/-/ready",
        ),
        Service(
            "Alertmanager",
            [
                *(installed("prometheus-alertmanager", "alertmanager"), "--cluster.listen-address="),
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alertmanager'}",
                f"--web.listen-address={addresses.alertmanager}",
            ],
            f"http://{addresses.alertmanager}/-/ready",
        ),
        Service(
            "Prometheus",
            [
                *(installed("prometheus"), *prometheus),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={addresses.prometheus}",
            ],
            f"http://{addresses.prometheus}/-/ready",
        ),
    ]


def grafana(folder: Path, addresses: Addresses) -> Service | None:
    """Grafana with the shipped dashboards; None where it is not installed."""
    try:
        program = installed("grafana", "grafana-server")
    except StackError:
        return None
    provisioning = folder / "provisioning"
    shutil.copytree(ROOT / "grafana" / "provisioning", provisioning)
    _replace(provisioning / "datasources" / "prometheus.yml", "prometheus:9090", addresses.prometheus)
    dashboards = str(ROOT / "grafana" / "dashboards")
    _replace(provisioning / "dashboards" / "betatel.yml", "/var/lib/grafana/dashboards", dashboards)
    host, _, port = addresses.grafana.rpartition(":")
    settings = {
        "paths.data": folder / "grafana",
        "paths.provisioning": provisioning,
        "server.http_addr": host,
        "server.http_port": port,
        "auth.anonymous.enabled": "true",
        "analytics.reporting_enabled": "false",
        "analytics.check_for_updates": "false",
    }
    return Service(
        "Grafana",
        [
            *(program, *(["server"] if Path(program).name == "grafana" else [])),
            *("--homepath", "/usr/share/grafana"),
            *(f"cfg:{name}={value}" for name, value in settings.items()),
        ],
        f"http://{addresses.grafana}/api/health",
    )


def _replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def installed(*names: str) -> str:
    """The path of a program that has one of these names."""
    path = f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise StackError(f"{' or '.join(names)} is not installed: make tools (Debian), or prometheus.io/download")


@contextlib.contextmanager
def running(wanted: Sequence[Service], folder: Path) -> Iterator[None]:
    """All services, ready; their logs are in `folder`. They are stopped at the end."""
    with contextlib.ExitStack() as stack:
        started = [
            (service, stack.enter_context(process(service.command, folder / f"{service.name}.log")))
            for service in wanted
        ]
        for service, child in started:
            _wait(service, child, folder / f"{service.name}.log")
        yield


@contextlib.contextmanager
def process(command: Sequence[str], log: Path | None = None) -> "Iterator[subprocess.Popen[bytes]]":
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("wb")) if log else None
        # In a session of its own: Ctrl-C reaches this program alone, which then ends the others.
        process = subprocess.Popen(  # noqa: S603 - the commands are those above
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(service: Service, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not _ready(service.url):
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise StackError(f"{service.name} does not start: {''.join(last) or process.returncode}")
        if time.monotonic() > deadline:
            raise StackError(f"{service.name} is not ready after {TIMEOUT:.0f} s")
        time.sleep(0.1)


def _ready(url: str) -> bool:
    loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with loopback.open(url, timeout=1) as response:
            return bool(response.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError):
        return False
