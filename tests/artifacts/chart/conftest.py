import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

CHART = ROOT / "helm" / "betatel-exporter"
Helm = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def helm(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Runs helm with settings of its own; what it installs stays in its memory and reaches no cluster."""
    program = tool("helm")
    home = tmp_path_factory.mktemp("helm")
    (home / "releases.yaml").write_text("[]", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HELM_DRIVER": "memory",
        "HELM_MEMORY_DRIVER_DATA": str(home / "releases.yaml"),
    }

    def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def template(helm: Helm) -> Callable[..., list[Any]]:
    """The objects that the chart renders with a file of its ci folder and further arguments."""

    def render(values: str, *arguments: str, chart: Path = CHART) -> list[Any]:
        shown = helm(
            "template", "rel", chart, "--namespace", "apps", "--values", CHART / "ci" / values, *arguments
        )
        assert shown.returncode == 0, shown.stderr
        documents = yaml.load_all(shown.stdout, yaml.CSafeLoader)  # ten times as fast, on long dashboards
        return [document for document in documents if document is not None]

    return render


class _Pages(BaseHTTPRequestHandler):
    pages: Mapping[str, bytes]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.pages.get(self.path.split("?")[0])
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Mapping[str, bytes]], str]]:
    """Serves pages by their path; gives the server's address."""
    with ExitStack() as stack:

        def start(pages: Mapping[str, bytes]) -> str:
            handler = type("Pages", (_Pages,), {"pages": pages})
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start
