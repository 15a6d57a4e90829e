"""compose.yaml, and the same without containers."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command import run, started
from tests.support.paths import ROOT
from tools.dashboards.build import files as dashboards
from tools.loopback import free_address
from tools.stack import receiver
from tools.stack.alerts import AlertWatch
from tools.stack.services import Service, StackError, running

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_compose_file_is_valid() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"], check=True)


def test_only_the_real_profile_asks_for_a_secret() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["exporter-real"]
    assert [name for name, service in SERVICES.items() if "secrets" in service] == ["exporter-real"]


def test_a_service_is_pinned_checked_contained_and_on_loopback_and_what_it_mounts_exists() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":(v?\d+\.\d+\.\d+|local)$", service["image"]), name
        assert "healthcheck" in service, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], name


def test_services_find_one_another() -> None:
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.replace("/var/lib/", "") in dashboards()
    config = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (names,) = [job["dns_sd_configs"][0]["names"] for job in config["scrape_configs"]]
    assert names == ["exporter"] == SERVICES["exporter-real"]["networks"]["default"]["aliases"]


def test_the_exporter_takes_its_environment_and_reaches_the_simulator_as_configured() -> None:
    """Both as processes, with the addresses of containers replaced by loopback."""
    api = free_address()
    simulate = [part.replace("0.0.0.0:10743", api) for part in SERVICES["simulator"]["command"]]
    environment = SERVICES["exporter"]["environment"]
    base_url = environment["BETATEL_BASE_URL"].replace("simulator:10743", api)
    with started(*simulate) as simulator:
        simulator.wait_for("Stop with")
        done = run("check", environment={**environment, "BETATEL_BASE_URL": base_url})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "account simulated" in done.stdout


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


def test_a_service_that_does_not_start_is_reported_and_what_had_started_is_ended() -> None:
    address = free_address()
    serve = [sys.executable, "-m", "http.server", "--bind", *address.split(":")]
    first = Service("first", serve, f"http://{address}/")
    fail = [
        sys.executable,
        "-c",
        "import sys; print('listening', flush=True); sys.exit('address already in use')",
    ]
    second = Service("second", fail, f"http://{free_address()}/-/ready")
    with (
        pytest.raises(StackError, match=r"^second does not start: address already in use$"),
        running(first, second),
    ):
        pytest.fail("the second is not ready")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://{address}/", timeout=1)


def test_the_receiver_prints_a_line_for_each_alert(capsys: pytest.CaptureFixture[str]) -> None:
    alerts = [
        {
            "status": status,
            "labels": {"alertname": "BetatelApiDown", "severity": "critical", "account": account},
            "annotations": {"description": f"No query of {account} has succeeded."},
        }
        for status, account in (("firing", "shop"), ("resolved", "bank"))
    ]
    with receiver.listening("127.0.0.1:0") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        body = json.dumps({"version": "4", "alerts": alerts}).encode()
        url = f"http://127.0.0.1:{server.server_port}/pager"
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as response:
            assert response.status == 200
        with pytest.raises(SystemExit, match=r"^receiver: cannot listen at .*: Address already in use$"):
            receiver.listening(f"127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()
    assert capsys.readouterr().out.splitlines() == [
        "pager: firing BetatelApiDown (account=shop, severity=critical) No query of shop has succeeded.",
        "pager: resolved BetatelApiDown (account=bank, severity=critical) No query of bank has succeeded.",
    ]


def test_each_change_of_an_alert_is_a_line_with_how_long_it_took() -> None:
    labels = {"alertname": "BetatelApiDown", "severity": "critical", "account": "shop", "job": "betatel"}
    name = "BetatelApiDown (severity=critical, account=shop)"
    watch = AlertWatch()
    for now, state, lines in (
        (0, "pending", [f"pending   {name}"]),
        (30, "pending", []),
        (65, "firing", [f"firing    {name} after 1 min 05 s"]),
        (100, "", [f"resolved  {name}, was firing for 35 s"]),
        (110, "", []),
    ):
        assert list(watch.changes([{"state": state, "labels": labels}] if state else [], now)) == lines
