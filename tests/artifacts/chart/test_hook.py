"""The command of ``helm test`` passes for a ready exporter and fails for any other answer."""

import subprocess
import sys

from tests.support.chart import Chart, one
from tests.support.command import serving
from tools.loopback import closed_port


def passes(command: list[str], url: str) -> bool:
    done = subprocess.run(
        [sys.executable, *command, url], check=False, timeout=120, capture_output=True, env={}
    )
    return done.returncode == 0


def test_the_command_passes_for_a_ready_exporter_alone(chart: Chart) -> None:
    hook = one(chart.objects(), "Pod")
    _, *command, url = hook["spec"]["containers"][0]["command"]

    assert hook["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert url == "http://rel-betatel-exporter:10742/-/ready"
    other = one(chart.objects("everything-values.yaml"), "Pod")["spec"]["containers"][0]["command"][-1]
    assert other == "https://otp-metrics:80/-/ready"
    with serving({"BETATEL_ACCOUNT_ID": "1", "BETATEL_API_KEY": "key"}) as exporter:
        origin = "http://{}:{}".format(*exporter.address)
        assert passes(command, url.replace("http://rel-betatel-exporter:10742", origin))
        assert not passes(command, f"{origin}/elsewhere")
    with closed_port() as port:
        assert not passes(command, f"http://127.0.0.1:{port}/-/ready")
