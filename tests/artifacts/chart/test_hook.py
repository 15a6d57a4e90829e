"""The command of ``helm test`` passes for a ready exporter and fails for any other answer."""

import subprocess
import sys
from collections.abc import Callable

from tests.support.chart import Helm, one
from tools.loopback import closed_port


def test_the_command_passes_for_a_ready_exporter_alone(helm: Helm, serve: Callable[..., str]) -> None:
    command = one(helm.objects("default-values.yaml"), "Pod")["spec"]["containers"][0]["command"]
    _, *options, url = command
    service = serve({"/-/ready": b"", "/": b""})

    def passes(address: str) -> bool:
        done = subprocess.run(
            [sys.executable, *options, address], check=False, timeout=120, capture_output=True, env={}
        )
        return done.returncode == 0

    assert passes(url.replace("http://rel-betatel-exporter:10742", service))
    assert not passes(f"{service}/somewhere/else")
    with closed_port() as port:
        assert not passes(f"http://127.0.0.1:{port}/-/ready")


def test_the_exporters_own_port_and_scheme_are_asked(helm: Helm) -> None:
    pod = one(helm.objects("everything-values.yaml"), "Pod")

    assert pod["spec"]["containers"][0]["command"][-1] == "https://otp-metrics:80/-/ready"
