"""A real Prometheus on loopback, for as long as a test needs it."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.artifacts.dashboards.boards import Choice, Target, interpolate

READY_WITHIN = 20.0


@dataclass(frozen=True)
class Series:
    """What one query told about one set of labels: (time, value) in seconds since the epoch."""

    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        return self.points[-1][1]


@dataclass(frozen=True)
class Prometheus:
    client: httpx.Client

    def ask(self, target: Target, choice: Choice, end: float, span: int, step: int = 60) -> list[Series]:
        """What the panel would get for the `span` seconds before `end`."""
        expr = interpolate(target.expr, choice, span)
        return self.instant(expr, end) if target.instant else self.range(expr, end, span, step)

    def instant(self, expr: str, at: float) -> list[Series]:
        found = self._result("query", {"query": expr, "time": at})
        return [_series(one["metric"], [one["value"]]) for one in found]

    def range(self, expr: str, end: float, span: int, step: int) -> list[Series]:
        parameters = {"query": expr, "start": end - span, "end": end, "step": step}
        return [_series(one["metric"], one["values"]) for one in self._result("query_range", parameters)]

    def _result(self, endpoint: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        response = self.client.get(f"/api/v1/{endpoint}", params=parameters)
        assert response.status_code == 200, f"{response.text}\n{parameters['query']}"
        result: list[dict[str, Any]] = response.json()["data"]["result"]
        return result


@contextmanager
def prometheus(binary: str, folder: Path, configuration: str) -> Iterator[Prometheus]:
    """`folder` may already hold blocks below data/."""
    (folder / "prometheus.yml").write_text(configuration)
    port = free_port()
    command = [
        binary,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with running(command), httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        wait_for(client, "/-/ready")
        yield Prometheus(client)


@contextmanager
def running(command: Sequence[str]) -> Iterator[None]:
    """A process that ends with the block."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(client: httpx.Client, path: str) -> None:
    give_up = time.monotonic() + READY_WITHIN
    while time.monotonic() < give_up:
        try:
            if client.get(path).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"nothing ready at {client.base_url}{path} within {READY_WITHIN} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _series(labels: dict[str, str], values: list[tuple[float, str]]) -> Series:
    return Series(labels, [(at, float(value)) for at, value in values])
