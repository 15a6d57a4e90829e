"""The commands against the simulated API, and the page in a browser."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from betatel_exporter.api.vocabulary import Status
from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH
from tests.support.command import DEMO, run, started
from tools.process import Process

QUERIES = [
    *(f"stats/{window}" for window in ("last5m", "lasth", "last24h")),
    *(f"tdr/{status}" for status in (*Status, "recent")),
]
CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run --enable-logging=stderr --dump-dom"
)


@dataclass(frozen=True)
class Demo:
    """The process, and the base URLs of the exporter and of the simulated API."""

    process: Process
    web: str
    api: str

    def switch(self, scenario: str) -> None:
        httpx.post(f"{self.api}/-/scenario/{scenario}").raise_for_status()

    def get(self, path: str = "/metrics") -> str:
        return httpx.get(f"{self.web}{path}").raise_for_status().text

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which a command asks the simulated API."""
        return {
            "BETATEL_API_KEY": API_KEY,
            "BETATEL_ACCOUNT_ID": ACCOUNT_ID,
            "BETATEL_BASE_URL": f"{self.api}{BASE_PATH}",
        }


@pytest.fixture(scope="module")
def running_demo() -> Iterator[Demo]:
    """In an environment that would break it, if it took anything from there."""
    odd = {
        "BETATEL_WINDWOS": "x",
        "BETATEL_BASE_URL": "https://api.example",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }
    with started(*DEMO, environment=odd) as process:
        page = process.wait_for(r"page +(http://\S+)/$")[1]
        api = process.wait_for(r"API +(http://[^/]+)/")[1]
        process.wait_for("Stop with Ctrl-C")
        yield Demo(process, page, api)


@pytest.fixture
def demo(running_demo: Demo) -> Iterator[Demo]:
    yield running_demo
    running_demo.switch("normal")


def test_the_demo_is_up_with_all_queries(demo: Demo) -> None:
    page = demo.get()
    assert 'betatel_up{account="default"} 1.0' in page
    for query in QUERIES:
        assert f'betatel_scrape_query_success{{account="default",query="{query}"}} 1.0' in page
    requests = re.search(r'requests{account="default",window="last24h"} (\S+)', page)
    assert requests
    assert float(requests[1]) > 0


def test_promtool_has_nothing_to_say_about_a_real_page(demo: Demo, tool: Callable[[str], str]) -> None:
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=demo.get(), capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_a_browser_shows_the_page_and_refuses_none_of_it(
    demo: Demo, tool: Callable[[str], str], tmp_path: Path
) -> None:
    shown = subprocess.run(
        [tool("chromium"), *CHROMIUM_FLAGS.split(), f"--user-data-dir={tmp_path}", f"{demo.web}/"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert '<p class="summary good">Up</p>' in shown.stdout
    assert "Content Security Policy" not in shown.stderr


def test_a_failing_api_is_shown_until_it_answers_again(demo: Demo) -> None:
    for scenario, reason in {"errors": "server_error", "rejected-key": "unauthorized"}.items():
        demo.switch(scenario)
        page = demo.get()
        assert 'betatel_up{account="default"} 0.0' in page
        assert "betatel_telegram_requests{" not in page
        assert f"<code>{reason}</code>" in demo.get("/")
        demo.switch("normal")
        assert 'betatel_up{account="default"} 1.0' in demo.get()


def test_the_terminal_shows_a_scenario_begin_and_end(demo: Demo) -> None:
    demo.process.wait_for("account: up")
    demo.switch("outage")
    demo.process.wait_for("scenario outage: Almost nothing is processed")
    demo.process.wait_for("account: codes are failing")
    demo.switch("errors")
    demo.process.wait_for("scenario errors: ")
    demo.process.wait_for("account: no data")


def test_check_prints_every_query_and_what_scraping_costs(demo: Demo) -> None:
    checked = run("check", environment=demo.environment)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("account default: 11 queries in ")
    assert all(re.search(rf"  {query} +ok +\d+ ms  ", checked.stdout) for query in QUERIES)
    assert re.search(r"^  60 s: 1\d,\d\d0$", checked.stdout, re.MULTILINE)  # by the traffic, which goes on
    document = json.loads(run("check", "--json", environment=demo.environment).stdout)
    assert [entry["query"] for entry in document["accounts"][0]["queries"]] == QUERIES
    assert document["calls_per_day"].keys() == {"15", "30", "60"}


def test_check_ends_with_what_is_wrong(demo: Demo) -> None:
    for scenario, code in {"rejected-key": 3, "errors": 6, "rate-limit": 5}.items():
        demo.switch(scenario)
        checked = run("check", environment=demo.environment)
        assert checked.returncode == code, scenario
        assert " ok " not in checked.stdout
        assert "  hint: " in checked.stdout
    checked = run("check", environment={**demo.environment, "BETATEL_BASE_URL": "http://127.0.0.1:1"})
    assert checked.returncode == 4
    assert (
        "  verdict: the API cannot be reached: connection refused\n  hint: check host and port"
        in checked.stdout
    )


def test_healthcheck_reports_whether_the_exporter_is_healthy(demo: Demo) -> None:
    address = demo.web.removeprefix("http://")
    assert run("healthcheck", f"--web.listen-address={address}").returncode == 0
    assert run("healthcheck", environment={"BETATEL_WEB__LISTEN_ADDRESS": "127.0.0.1:1"}).returncode == 1


def test_ctrl_c_ends_the_demo_without_an_error() -> None:
    with started(*DEMO) as process:
        process.wait_for("Stop with Ctrl-C")
        process.signal(signal.SIGINT)
        assert process.wait() == 0
        assert "Traceback" not in process.output
