"""What clients at full speed cost the exporter, a process of its own, and each other."""

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.command import Exporter, serving
from tests.support.waiting import wait_until
from tests.support.webconfig import basic, hashed
from tools.faults.api import ACCOUNT_ID, KEY, QUERIES, Exchange, FakeApi, good

PROMETHEUS, STRANGER = "127.0.0.1", "127.0.0.2"
ENVIRONMENT = {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID}
MEGABYTES_MORE = 20


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture(params=["uvloop", "asyncio"])
def loop(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Variables with which the exporter runs on this loop."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
        return {}
    (tmp_path / "uvloop.py").write_text("raise ImportError")
    return {"PYTHONPATH": str(tmp_path)}


def get(exporter: Exporter, path: str, source: str = PROMETHEUS, **headers: str) -> tuple[int, bytes]:
    """Status and body; 0 where the connection is closed instead."""
    host, port = exporter.address
    connection = http.client.HTTPConnection(host, port, timeout=60, source_address=(source, 0))
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (http.client.HTTPException, ConnectionError):
        return 0, b""
    finally:
        connection.close()


@contextlib.contextmanager
def looping(clients: int, exporter: Exporter, user: str = "") -> Iterator[Counter[int]]:
    """Strangers of one address who scrape without pause; counts the statuses they get. Each login is another one."""
    statuses: Counter[int] = Counter()
    stop = threading.Event()

    def ask(number: int) -> None:
        while not stop.is_set():
            headers = {"Authorization": basic(f"{user}:{number}{time.monotonic()}")} if user else {}
            statuses[get(exporter, "/metrics", STRANGER, **headers)[0]] += 1

    with ThreadPoolExecutor(clients) as threads:
        asking = [threads.submit(ask, number) for number in range(clients)]
        try:
            yield statuses
        finally:
            stop.set()
            for each in asking:
                each.result()


def stream(exporter: Exporter, start: bytes, endless: bytes, megabytes: int) -> int:
    """Send until the exporter closes; the bytes it took."""
    sent = 0
    with exporter.connect(60) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(start)
        while sent < megabytes * 1_000_000:
            connection.sendall(endless)
            sent += len(endless)
    return sent


FLOODS = {
    "one header": (b"GET / HTTP/1.1\r\nHost: x\r\na: ", b"x" * 65536),
    "short headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"a:\r\n" * 16384),
    "a body": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n", b"x" * 65536),
    "pipelined requests": (b"", b"HEAD /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n" * 1500),
}


@pytest.mark.parametrize(("start", "endless"), FLOODS.values(), ids=FLOODS)
def test_ten_endless_requests_cost_neither_memory_nor_time(
    start: bytes, endless: bytes, loop: dict[str, str]
) -> None:
    environment = ENVIRONMENT | loop | {"BETATEL_BASE_URL": "http://127.0.0.1:1/"}
    with serving(environment) as exporter:
        assert get(exporter, "/-/healthy")[0] == 200
        memory, cpu = exporter.process.memory(), exporter.process.cpu()
        with ThreadPoolExecutor(10) as clients:
            floods = [clients.submit(stream, exporter, start, endless, 100) for _ in range(10)]
            while not all(flood.done() for flood in floods):
                assert get(exporter, "/-/healthy")[0] == 200
                time.sleep(0.05)
        assert max(flood.result() for flood in floods) < 20_000_000
        assert exporter.process.peak_memory() - memory < MEGABYTES_MORE
        assert exporter.process.cpu() - cpu < 2
        assert "Traceback" not in exporter.process.output


async def unhurried(exchange: Exchange) -> None:
    await asyncio.sleep(0.1)
    await good(exchange)


def test_sixty_looping_clients_of_one_address_keep_no_scraper_out(api: FakeApi) -> None:
    api.misbehave(QUERIES, unhurried)
    with (
        serving(ENVIRONMENT | {"BETATEL_BASE_URL": api.url}) as exporter,
        looping(60, exporter) as strangers,
    ):
        wait_until(lambda: strangers[503])
        scrapes = [get(exporter, "/metrics") for _ in range(36)]

    assert [status for status, _ in scrapes] == [200] * 36
    assert all(b'betatel_up{account="default"} 1.0' in page for _, page in scrapes)
    assert strangers[200] > 0


def test_a_flood_of_logins_keeps_out_no_scraper_of_another_address(api: FakeApi, tmp_path: Path) -> None:
    """Not even the first login, which is not remembered yet; at bcrypt cost 12 a check takes 0.2 s."""
    web_config = tmp_path / "web.yml"
    web_config.write_text(f"basic_auth_users: {{prometheus: {hashed('secret', cost=12)}}}")
    environment = ENVIRONMENT | {"BETATEL_BASE_URL": api.url}
    login = {"Authorization": basic("prometheus:secret")}
    with (
        serving(environment, f"--web.config.file={web_config}") as exporter,
        looping(30, exporter, "prometheus") as strangers,
    ):
        wait_until(lambda: strangers[503])
        scrapes = [get(exporter, "/metrics", **login)[0] for _ in range(20)]

    assert scrapes == [200] * 20
    assert set(strangers) <= {401, 503}


def accounts_file(folder: Path, number: int, url: str) -> Path:
    (folder / "key").write_text(KEY)
    file = folder / "accounts.yml"
    names = (f"account-{n}" for n in range(number))
    entries = [f"{{name: {name}, account_id: a, api_key_file: {folder / 'key'}}}" for name in names]
    file.write_text(f"base_url: {url}\naccounts: [{', '.join(entries)}]\n")
    return file


@contextlib.contextmanager
def serving_a_hundred_accounts(folder: Path, *arguments: str) -> Iterator[Exporter]:
    """Whose API never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as silent:
        file = accounts_file(folder, 100, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with serving({}, f"--config.file={file}", *arguments) as exporter:
            yield exporter


TIMEOUT = {"X-Prometheus-Scrape-Timeout-Seconds": "5"}


def test_a_crowd_that_scrapes_a_hundred_accounts_stops_neither_another_scraper_nor_health_checks(
    tmp_path: Path,
) -> None:
    with serving_a_hundred_accounts(tmp_path) as exporter, ThreadPoolExecutor(201) as clients:
        get(exporter, "/metrics", **TIMEOUT)
        crowd = [clients.submit(get, exporter, "/metrics", STRANGER, **TIMEOUT) for _ in range(200)]
        wait_until(lambda: any(scrape.done() for scrape in crowd))
        scrape = clients.submit(get, exporter, "/metrics", **TIMEOUT)
        health = []
        while not all(each.done() for each in [*crowd, scrape]):
            started = exporter.process.cpu()
            assert get(exporter, "/-/healthy")[0] == 200
            health.append(exporter.process.cpu() - started)
        statuses = Counter(each.result()[0] for each in crowd)

    assert set(statuses) == {200, 503}
    assert statuses[503] >= 180
    assert scrape.result()[0] == 200
    assert max(health) < 1


def slow_reader(exporter: Exporter) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind((STRANGER, 0))
    connection.connect(exporter.address)
    connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection


def test_pages_that_are_not_read_count_as_scrapes_until_their_connections_end(tmp_path: Path) -> None:
    with (
        serving_a_hundred_accounts(tmp_path, "--web.max-requests=4", "--timeout=3") as exporter,
        contextlib.ExitStack() as stack,
    ):
        readers = [stack.enter_context(slow_reader(exporter)) for _ in range(2)]
        assert {reader.recv(12) for reader in readers} == {b"HTTP/1.1 200"}  # the pages are written
        assert get(exporter, "/metrics", STRANGER)[0] == 503
        assert get(exporter, "/metrics")[0] == 200
        wait_until(lambda: get(exporter, "/metrics", STRANGER)[0] == 200, 60)
