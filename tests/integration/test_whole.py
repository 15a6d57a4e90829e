"""The real commands against the simulated API, over real sockets."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator

import httpx
import pytest

from betatel_exporter.api.vocabulary import Status
from tests.support.command import run, running

ENVIRONMENT = {"BETATEL_API_KEY": "simulated-key", "BETATEL_ACCOUNT_ID": "simulated-account"}
QUERIES = [f"stats/{window}" for window in ("last5m", "lasth", "last24h")] + [
    f"tdr/{status}" for status in (*Status, "recent")
]


class Demo:
    def __init__(self, web: str, api: str) -> None:
        self.web, self.api = web, api

    def switch(self, scenario: str) -> None:
        httpx.post(f"{self.api}/-/scenario/{scenario}").raise_for_status()

    def metrics(self) -> str:
        return httpx.get(f"{self.web}/metrics").raise_for_status().text


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    arguments = ["demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0"]
    with running(arguments, r"page +(http://\S+)/$") as (process, page):
        api = process.wait_for(r"API +(http://[^/]+)/")
        process.wait_for("Stop with Ctrl-C")
        yield Demo(page[1], api[1])


@pytest.fixture
def normal(demo: Demo) -> Iterator[Demo]:
    demo.switch("normal")
    yield demo
    demo.switch("normal")


def test_the_demo_is_up_with_all_queries(normal: Demo) -> None:
    page = normal.metrics()
    assert 'betatel_up{account="default"} 1.0' in page
    for query in QUERIES:
        assert f'betatel_scrape_query_success{{account="default",query="{query}"}} 1.0' in page
    for status in Status:
        assert f'betatel_telegram_messages{{account="default",status="{status}"}}' in page
    assert float(re.search(r'requests{account="default",window="last24h"} (\S+)', page)[1]) > 0  # type: ignore[index]


def test_promtool_has_nothing_to_say_about_a_real_page(normal: Demo, tool: Callable[[str], str]) -> None:
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input=normal.metrics(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_a_failing_api_is_shown_until_it_answers_again() -> None:
    with running(["simulate", "--listen-address=127.0.0.1:0"], r"(http://([^/]+))/api\S*") as (_, api):
        environment = ENVIRONMENT | {"BETATEL_BASE_URL": api[0]}
        with running(["--web.listen-address=127.0.0.1:0"], r"address=(\S+)", environment) as (_, web):
            exporter = Demo(f"http://{web[1]}", api[1])
            for scenario, reason in [("errors", "server_error"), ("rejected-key", "unauthorized")]:
                exporter.switch(scenario)
                page = exporter.metrics()
                assert 'betatel_up{account="default"} 0.0' in page
                assert "betatel_telegram_requests{" not in page
                assert f"<code>{reason}</code>" in httpx.get(f"{exporter.web}/").text
                exporter.switch("normal")
                assert 'betatel_up{account="default"} 1.0' in exporter.metrics()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_demo_cleanly(signum: signal.Signals) -> None:
    arguments = ["demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0"]
    with running(arguments, "Stop with Ctrl-C") as (process, _):
        printed = len(process.lines)
        process.signal(signum)
        assert process.wait() == 0
        assert process.lines[printed:] == []


def test_check_reports_to_a_person_and_to_a_script(normal: Demo) -> None:
    environment = ENVIRONMENT | {"BETATEL_BASE_URL": f"{normal.api}/api/v1/connect-hub"}
    checked = run("check", environment=environment)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("account default: 11 queries in ")
    assert all(re.search(rf"  {query} +ok +\d+ ms  ", checked.stdout) for query in QUERIES)
    assert "  60 s: 18,720" in checked.stdout
    assert "\x1b" not in checked.stdout

    document = json.loads(run("check", "--json", environment=environment).stdout)
    (account,) = document["accounts"]
    assert account["up"]
    assert [entry["query"] for entry in account["queries"]] == QUERIES
    assert document["calls_per_day"] == {"15": 74880, "30": 37440, "60": 18720}


def test_check_ends_with_what_is_wrong(normal: Demo) -> None:
    environment = ENVIRONMENT | {"BETATEL_BASE_URL": f"{normal.api}/api/v1/connect-hub"}
    for scenario, code in [("rejected-key", 3), ("rate-limit", 5), ("errors", 6)]:
        normal.switch(scenario)
        checked = run("check", environment=environment)
        assert checked.returncode == code, scenario
        assert " ok " not in checked.stdout
        assert "  hint: " in checked.stdout


def test_check_ends_with_4_where_nobody_answers() -> None:
    checked = run("check", environment=ENVIRONMENT | {"BETATEL_BASE_URL": "http://127.0.0.1:1"})
    assert checked.returncode == 4
    assert "  11 queries      failed" in checked.stdout
    assert (
        "  verdict: the API cannot be reached: connection refused\n  hint: check host and port"
        in checked.stdout
    )


def test_healthcheck_reports_whether_the_exporter_is_healthy(normal: Demo) -> None:
    address = normal.web.removeprefix("http://")
    assert run("healthcheck", f"--web.listen-address={address}").returncode == 0
    assert run("healthcheck", environment={"BETATEL_WEB__LISTEN_ADDRESS": "127.0.0.1:1"}).returncode == 1


def test_the_demo_takes_nothing_from_the_environment() -> None:
    arguments = ["demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0"]
    odd = {
        "BETATEL_WINDWOS": "x",
        "BETATEL_BASE_URL": "https://api.example",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }
    with running(arguments, r'betatel_up{account="default"} 1.0', odd) as (process, _):
        process.wait_for("Stop with Ctrl-C")
