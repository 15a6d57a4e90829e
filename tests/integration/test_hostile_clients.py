"""What clients at full speed cost the command, and each other."""

import asyncio
import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.command import Exporter, account, accounts_file, serving
from tests.support.waiting import wait_until
from tests.support.webconfig import basic, hashed
from tools.faults.api import QUERIES, Exchange, FakeApi, good

STRANGER = "127.0.0.2"
FIVE_SECONDS = "X-Prometheus-Scrape-Timeout-Seconds: 5"
MEMORY_ALLOWED = 20.0
"""MB more than before."""

FLOODS = {
    "one header": (b"GET / HTTP/1.1\r\nHost: x\r\na: ", b"x" * 65536),
    "short headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"a:\r\n" * 16384),
    "a body": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n", b"x" * 65536),
    "pipelined requests": (b"", b"HEAD /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n" * 1500),
}


def test_ten_endless_requests_cost_neither_memory_nor_time(on_loop: dict[str, str]) -> None:
    with serving(account() | on_loop) as exporter, ThreadPoolExecutor(10) as clients:
        for what, (start, endless) in FLOODS.items():
            assert exporter.healthy()
            exporter.process.reset_peak_memory()
            memory, cpu = exporter.process.memory(), exporter.process.cpu()
            floods = [clients.submit(flood, exporter, start, endless) for _ in range(10)]
            while not all(each.done() for each in floods):
                assert exporter.healthy()
                time.sleep(0.05)
            assert max(each.result() for each in floods) < 20_000_000, what
            assert exporter.process.peak_memory() - memory < MEMORY_ALLOWED, what
            assert exporter.process.cpu() - cpu < 2, what
        assert "Traceback" not in exporter.process.output


def flood(exporter: Exporter, start: bytes, endless: bytes) -> int:
    """Send up to 100 MB, until the exporter closes; the bytes it took."""
    sent = 0
    with exporter.connect() as connection, contextlib.suppress(ConnectionError):
        connection.sendall(start)
        while sent < 100_000_000:
            connection.sendall(endless)
            sent += len(endless)
    return sent


def test_a_crowd_of_one_address_keeps_out_no_scraper_of_another(api: FakeApi, tmp_path: Path) -> None:
    """Neither by scraping nor by logging in; at bcrypt cost 12 the check of a password takes 0.2 s."""

    async def unhurried(exchange: Exchange) -> None:
        await asyncio.sleep(0.1)
        await good(exchange)

    api.misbehave(QUERIES, unhurried)
    web_config = tmp_path / "web.yml"
    web_config.write_text(f"basic_auth_users: {{prometheus: {hashed('secret', cost=12)}}}")
    login = f"Authorization: {basic('prometheus:secret')}"
    with serving(account(api.url), f"--web.config.file={web_config}") as exporter:
        for crowd, allowed in (
            (looping(30, exporter), {401, 503}),
            (looping(60, exporter, login), {200, 503}),
        ):
            with crowd as strangers:
                wait_until(lambda: strangers[503])
                scrapes = [exporter.fetch("/metrics", login) for _ in range(20)]
            assert [status for status, _ in scrapes] == [200] * 20
            assert all('betatel_up{account="default"} 1.0' in page for _, page in scrapes)
            assert set(strangers) == allowed


@contextlib.contextmanager
def looping(clients: int, exporter: Exporter, login: str = "") -> Iterator[Counter[int]]:
    """Strangers of one address who scrape without pause; counts the statuses. Without a login, each time another one."""
    statuses: Counter[int] = Counter()
    stop = threading.Event()

    def ask(number: int) -> None:
        while not stop.is_set():
            header = login or f"Authorization: {basic(f'prometheus:{number}{time.monotonic()}')}"
            statuses[exporter.fetch("/metrics", header, source=STRANGER)[0]] += 1

    with ThreadPoolExecutor(clients) as threads:
        asking = [threads.submit(ask, number) for number in range(clients)]
        try:
            yield statuses
        finally:
            stop.set()
        for each in asking:
            each.result()


@contextlib.contextmanager
def serving_a_hundred_accounts(folder: Path, *arguments: str) -> Iterator[Exporter]:
    """Whose API never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        file = accounts_file(folder, [("any", url)] * 100)
        with serving({}, f"--config.file={file}", *arguments) as exporter:
            yield exporter


def test_a_crowd_that_scrapes_a_hundred_accounts_stops_neither_another_scraper_nor_health_checks(
    tmp_path: Path,
) -> None:
    with serving_a_hundred_accounts(tmp_path) as exporter, ThreadPoolExecutor(201) as clients:
        exporter.fetch("/metrics", FIVE_SECONDS)
        crowd = [
            clients.submit(exporter.fetch, "/metrics", FIVE_SECONDS, source=STRANGER) for _ in range(200)
        ]
        wait_until(lambda: any(scrape.done() for scrape in crowd))
        scrape = clients.submit(exporter.fetch, "/metrics", FIVE_SECONDS)
        health = []
        while not all(each.done() for each in [*crowd, scrape]):
            started = exporter.process.cpu()
            assert exporter.healthy()
            health.append(exporter.process.cpu() - started)
        statuses = Counter(each.result()[0] for each in crowd)
        assert set(statuses) == {200, 503}
        assert statuses[503] >= 100  # on a slow machine, the last ones come when the first have left
        assert scrape.result()[0] == 200
        assert max(health) < 1


def test_pages_that_are_not_read_count_as_scrapes_until_their_connections_end(tmp_path: Path) -> None:
    flags = "--web.max-requests=4", "--timeout=6"
    with serving_a_hundred_accounts(tmp_path, *flags) as exporter:
        exporter.fetch("/metrics")  # measures how long writing takes
        with slow_reader(exporter) as one, slow_reader(exporter) as other:
            assert {one.recv(12), other.recv(12)} == {b"HTTP/1.1 200"}  # the pages are written
            assert exporter.fetch("/metrics", source=STRANGER)[0] == 503
            assert exporter.fetch("/metrics")[0] == 200
            wait_until(lambda: exporter.fetch("/metrics", source=STRANGER)[0] == 200)


def slow_reader(exporter: Exporter) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind((STRANGER, 0))
    connection.connect(exporter.address)
    connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection
