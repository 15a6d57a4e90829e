"""The stack of compose.yaml without containers, on loopback: simulated API, exporter, Prometheus, Alertmanager and a
receiver that prints what would page somebody. The same configuration files; `native` says what differs.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import yaml

ROOT = Path(__file__).parent.parent
PATIENCE = 30.0
"""Seconds everything has to get ready in, and then each process to end in."""


class StackError(Exception):
    """Why there is no stack, in one line."""


@dataclass(frozen=True)
class Addresses:
    """Where everything listens; the receiver where alertmanager.yml sends to."""

    simulator: str = "127.0.0.1:10743"
    exporter: str = "127.0.0.1:10742"
    prometheus: str = "127.0.0.1:9090"
    alertmanager: str = "127.0.0.1:9093"


@dataclass(frozen=True)
class Service:
    name: str
    command: Sequence[str]
    url: str
    """Answers /-/ready once the service is."""


def native(prometheus_yml: str, addresses: Addresses) -> str:
    """prometheus.yml with addresses in place of service names, and with rule files that are found from any folder."""
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
    """From prometheus.yml and alertmanager.yml in `folder`; the sequences are further flags."""
    return [
        Service(
            "betatel-exporter demo",
            [
                *(sys.executable, "-m", "betatel_exporter", "demo", *demo),
                f"--web.listen-address={addresses.exporter}",
                f"--simulator.listen-address={addresses.simulator}",
            ],
            f"http://{addresses.exporter}",
        ),
        Service(
            "Alertmanager",
            [
                *(installed("prometheus-alertmanager", "alertmanager"), "--cluster.listen-address="),
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alertmanager'}",
                f"--web.listen-address={addresses.alertmanager}",
            ],
            f"http://{addresses.alertmanager}",
        ),
        Service(
            "Prometheus",
            [
                *(installed("prometheus"), *prometheus),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={addresses.prometheus}",
            ],
            f"http://{addresses.prometheus}",
        ),
    ]


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
    """All of the services, ready; what they say is in `folder`, and they are ended in the end."""
    with contextlib.ExitStack() as stack:
        started = [
            (service, stack.enter_context(_process(service.command, folder / f"{service.name}.log")))
            for service in wanted
        ]
        for service, process in started:
            _wait(service, process, folder / f"{service.name}.log")
        yield


@contextlib.contextmanager
def _process(command: Sequence[str], log: Path | None = None) -> "Iterator[subprocess.Popen[bytes]]":
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
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(service: Service, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _ready(service.url):
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise StackError(f"{service.name} does not start: {''.join(last) or process.returncode}")
        if time.monotonic() > deadline:
            raise StackError(f"{service.name} is not ready after {PATIENCE:.0f} s")
        time.sleep(0.1)


def _ready(url: str) -> bool:
    loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with loopback.open(f"{url}/-/ready", timeout=1) as response:
            return bool(response.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.stack", description=__doc__)
    parser.add_argument(
        "--speed", default="20", help="simulated seconds a second (default: 20, so that windows fill soon)"
    )
    speed = parser.parse_args().speed
    signal.signal(signal.SIGTERM, _interrupt)
    addresses = Addresses()
    try:
        with tempfile.TemporaryDirectory(prefix="betatel-stack-") as name:
            folder = Path(name)
            configuration = ROOT / "prometheus"
            (folder / "prometheus.yml").write_text(
                native((configuration / "prometheus.yml").read_text(), addresses)
            )
            shutil.copy(configuration / "alertmanager.yml", folder)
            receiver = [sys.executable, str(configuration / "receiver.py")]
            with running(services(folder, addresses, demo=["--speed", speed]), folder), _process(receiver):
                _tell(addresses)
                signal.pause()
    except StackError as error:
        print(f"make stack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _tell(addresses: Addresses) -> None:
    scenario = f"curl -X POST http://{addresses.simulator}/-/scenario"
    print(
        f"exporter      http://{addresses.exporter}/",
        f"Prometheus    http://{addresses.prometheus}/alerts",
        f"Alertmanager  http://{addresses.alertmanager}/#/alerts",
        "",
        f"Break it:  {scenario}/outage",
        "           In about five minutes BetatelDeliveryFailureSpike pages; a line below says so.",
        f"Mend it:   {scenario}/normal",
        "Stop with Ctrl-C.",
        "",
        sep="\n",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
