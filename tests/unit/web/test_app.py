import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from betatel_exporter.api.errors import ServerError
from betatel_exporter.api.models import Query, Records, RecordsQuery, Request, Stats, StatsQuery, Value
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.metrics import Families
from betatel_exporter.web.app import SECURITY_HEADERS, create_app
from betatel_exporter.web.landing import LandingPage
from betatel_exporter.web.scrape import Scrapes
from tests.support.apps import serving

pytestmark = pytest.mark.anyio

ACCOUNTS = ("shop", "bank")
QUERIES: list[Query] = [StatsQuery(Window.LAST_5_MINUTES), RecordsQuery(Status.FAILED)]


class Api:
    """Answers at once, or when `open` is set."""

    def __init__(self) -> None:
        self.calls = 0
        self.failing = False
        self.open = asyncio.Event()
        self.open.set()
        self.called = asyncio.Semaphore(0)

    async def fetch(self, query: Request, /) -> Value:
        self.calls += 1
        self.called.release()
        await self.open.wait()
        if self.failing:
            raise ServerError("HTTP <500>")
        return Stats(3, 2, {"EUR": 1.0}) if query.operation is Operation.STATS else Records(4, 1.7e9)

    async def aclose(self) -> None: ...


@pytest.fixture
def api() -> Api:
    return Api()


def make_app(api: Api, *, max_requests: int = 40) -> Starlette:
    slots = FairSemaphore(100, 4)
    collectors = [
        Collector(name, QUERIES, api, slots=slots, max_concurrency=16, cache_ttl=0, call_budget=9.5)
        for name in ACCOUNTS
    ]
    landing = LandingPage(collectors, {}, "1.2.3", "/metrics", time.time)
    families = Families(Calls(ACCOUNTS), {}, ("1.2.3", "abc", "3.11.0"))
    scrapes = Scrapes(collectors, families, landing, timeout=10, timeout_offset=0.5)
    return create_app(scrapes, landing, telemetry_path="/metrics", max_requests=max_requests)


def client_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter")


@pytest.fixture
async def client(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app(api)) as client:
        yield client


async def test_metrics_has_every_account_and_the_process_a_probe_one_account(
    client: httpx.AsyncClient,
) -> None:
    metrics = (await client.get("/metrics")).text
    probe = (await client.get("/probe", params={"account": "bank"})).text
    build = 'betatel_exporter_build_info{python_version="3.11.0",revision="abc",version="1.2.3"} 1.0'
    for line in ('betatel_up{account="bank"} 1.0', build):
        assert line in metrics
        assert line in probe
    for line in (
        'betatel_up{account="shop"} 1.0',
        'betatel_api_request_duration_seconds_count{operation="tdr"} 0.0',
        "process_cpu_seconds_total",
        "python_gc_collections_total",
        "python_info",
    ):
        assert line in metrics
        assert line not in probe


async def test_a_probe_takes_one_configured_name_only(client: httpx.AsyncClient, api: Api) -> None:
    for query in ("", "account=", "account=other", "account=shop&account=bank", "account=http://elsewhere/"):
        response = await client.get(f"/probe?{query}")
        assert response.status_code == 400, query
        assert response.text == "parameter account: must be given once; allowed values: shop, bank\n"
    assert api.calls == 0


async def test_landing_page_and_health_checks_do_not_call_the_api(
    api: Api, client: httpx.AsyncClient
) -> None:
    for path in ("/", "/-/healthy", "/-/ready"):
        assert (await client.get(path)).status_code == 200
    assert api.calls == 0
    await client.get("/probe", params={"account": "shop"})
    api.failing = True
    await client.get("/probe", params={"account": "bank"})
    calls = api.calls
    page = (await client.get("/")).text
    assert api.calls == calls
    for part in (">up</span>", ">no data</span>", "HTTP &lt;500&gt;", 'href="/metrics"'):
        assert part in page


async def test_every_response_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/metrics", "/-/healthy", "/nowhere", "/probe"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; "), path
        assert "script-src" not in headers["content-security-policy"]
        assert SECURITY_HEADERS.items() <= dict(headers).items()


async def test_other_paths_are_not_found_and_other_methods_not_allowed(client: httpx.AsyncClient) -> None:
    for path in ("/metrics/", "/favicon.ico"):
        assert (await client.get(path)).status_code == 404
    for path in ("/", "/metrics", "/probe", "/-/healthy", "/-/ready"):
        assert (await client.post(path)).status_code == 405


async def test_head_answers_without_a_body_over_a_socket(api: Api) -> None:
    async with serving(make_app(api)) as url, httpx.AsyncClient(base_url=url) as client:
        for path in ("/metrics", "/-/healthy"):
            response = await client.head(path)
            assert (response.status_code, response.content) == (200, b""), path


async def test_scrapes_beyond_the_limit_are_refused_at_once_and_health_checks_are_not(api: Api) -> None:
    api.open.clear()
    async with client_of(make_app(api, max_requests=3)) as client:
        served = [asyncio.create_task(client.get("/metrics")) for _ in range(2)]
        for _ in range(4):  # both scrapes share the calls: two accounts, two queries each
            await api.called.acquire()
        for path in ("/metrics", "/probe?account=shop"):
            refused = await client.get(path)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert (await client.get("/-/healthy")).status_code == 200
        api.open.set()
        assert [(await task).status_code for task in served] == [200, 200]
        assert (await client.get("/metrics")).status_code == 200


async def test_a_client_that_disconnects_no_longer_counts(api: Api) -> None:
    api.open.clear()
    async with client_of(make_app(api, max_requests=1)) as client:
        scrape = asyncio.create_task(client.get("/metrics"))
        await api.called.acquire()
        scrape.cancel()
        await asyncio.wait([scrape])
        api.open.set()
        assert (await client.get("/metrics")).status_code == 200
