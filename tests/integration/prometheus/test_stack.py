"""compose.yaml, and the same without containers."""

import json
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from betatel_exporter import simulator
from tests.support.command import clean
from tests.support.command import running as running_command
from tests.support.paths import ROOT
from tools.dashboards.build import files as dashboards
from tools.loopback import free_address
from tools.stack import receiver
from tools.stack.services import Service, StackError, installed, running

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_compose_file_is_valid() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"], check=True)


def test_it_has_what_it_takes_and_asks_for_a_secret_in_the_real_profile_only() -> None:
    assert SERVICES.keys() == {
        *("simulator", "exporter", "exporter-real", "prometheus", "alertmanager", "receiver", "grafana")
    }  # fmt: skip
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["exporter-real"]
    assert [name for name, service in SERVICES.items() if "secrets" in service] == ["exporter-real"]
    assert SERVICES["exporter-real"]["profiles"] == ["real"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_checked_contained_and_on_loopback(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":(v?\d+\.\d+\.\d+|local)$", service["image"])
    assert "healthcheck" in service
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_is_there(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_grafana_begins_with_the_overview() -> None:
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.replace("/var/lib/", "") in dashboards()


def test_prometheus_looks_for_the_exporter_under_its_names() -> None:
    config = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (names,) = [job["dns_sd_configs"][0]["names"] for job in config["scrape_configs"]]
    assert names == ["exporter"]
    assert names == SERVICES["exporter-real"]["networks"]["default"]["aliases"]


def test_the_exporter_takes_its_environment_and_reaches_the_simulator_as_configured() -> None:
    """Both as processes, with the addresses of containers put on loopback."""
    api = free_address()
    simulate = [part.replace("0.0.0.0:10743", api) for part in SERVICES["simulator"]["command"]]
    environment = SERVICES["exporter"]["environment"]
    assert environment["BETATEL_API_KEY"] == simulator.API_KEY
    environment = {
        **environment,
        "BETATEL_BASE_URL": environment["BETATEL_BASE_URL"].replace("simulator:10743", api),
    }
    with running_command(simulate, "Stop with"):
        done = subprocess.run(
            [sys.executable, "-m", "betatel_exporter", "check"],
            cwd=ROOT,
            env=clean(environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "simulated" in done.stdout


def test_a_missing_tool_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StackError, match=r"^no-such-tool or neither is not installed: make tools"):
        installed("no-such-tool", "neither")


def test_make_stack_without_prometheus_ends_with_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.stack"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"make stack: .* is not installed: .*\n", done.stderr)


def test_a_service_that_does_not_start_is_reported_with_its_last_output(tmp_path: Path) -> None:
    script = "import sys; print('listening', flush=True); sys.exit('address already in use')"
    service = Service("Prometheus", [sys.executable, "-c", script], f"http://{free_address()}/-/ready")
    with (
        pytest.raises(StackError, match=r"^Prometheus does not start: address already in use$"),
        running([service], tmp_path),
    ):
        pytest.fail("it is not ready")


def test_everything_is_ended_also_what_had_started(tmp_path: Path) -> None:
    address = free_address()
    host, _, port = address.rpartition(":")
    script = (
        "import http.server as h\n"
        "class Ready(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        f"h.HTTPServer(({host!r}, {port}), Ready).serve_forever()"
    )
    first = Service("first", [sys.executable, "-c", script], f"http://{address}/")
    second = Service("second", [sys.executable, "-c", "raise SystemExit('no')"], f"http://{free_address()}")
    with pytest.raises(StackError, match="second"), running([first, second], tmp_path):
        pytest.fail("the second is not ready")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://{address}/-/ready", timeout=1)


def test_the_receiver_prints_a_line_for_each_alert(capsys: pytest.CaptureFixture[str]) -> None:
    alerts = [
        {
            "status": status,
            "labels": {"alertname": "BetatelApiDown", "severity": "critical", "account": account},
            "annotations": {"description": f"No query of {account} has succeeded."},
        }
        for status, account in (("firing", "shop"), ("resolved", "bank"))
    ]
    with ThreadingHTTPServer(("127.0.0.1", 0), receiver.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            body = json.dumps({"version": "4", "alerts": alerts}).encode()
            url = f"http://127.0.0.1:{server.server_port}/pager"
            with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as response:
                assert response.status == 200
        finally:
            server.shutdown()
            thread.join()
    assert capsys.readouterr().out.splitlines() == [
        "pager: firing BetatelApiDown (account=shop, severity=critical) No query of shop has succeeded.",
        "pager: resolved BetatelApiDown (account=bank, severity=critical) No query of bank has succeeded.",
    ]


def test_the_receiver_says_in_one_line_when_its_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, ROOT / "tools/stack/receiver.py", address],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == f"receiver: cannot listen at {address}: Address already in use\n"


def test_the_stack_has_the_same_tools_as_the_tests(tool: Callable[[str], str]) -> None:
    assert installed("prometheus") == tool("prometheus")
