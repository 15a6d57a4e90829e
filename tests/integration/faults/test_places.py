"""The way to the API: connections, TLS and proxies."""

import asyncio
import ssl

import pytest
import trustme

from tests.support.exporter import SCRAPE_TIMEOUT, configured, exporting, open_sockets
from tests.support.waiting import eventually
from tools.faults.api import KEY, QUERIES, FakeApi
from tools.faults.behaviours import silence
from tools.faults.network import PLACES, Authorities, Place, by_proxy, server_tls
from tools.faults.proxy import Proxy
from tools.loopback import closed_port

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    trusted = trustme.CA()
    ca_file = tmp_path_factory.mktemp("authorities") / "ca.pem"
    trusted.cert_pem.write_to_path(ca_file)
    return Authorities(trusted, trustme.CA(), ca_file)


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_no_way_to_the_api_is_told_with_its_reason_and_no_values(
    place: Place, authorities: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = SCRAPE_TIMEOUT if place.slow else 10.0
    with place.enter(authorities) as way:
        configuration = configured(monkeypatch, way.base_url, way.environment, **way.flags)
        sockets = open_sockets()
        async with exporting(configuration) as exporter:
            tasks = asyncio.all_tasks()
            page = await exporter.scrape(says)
            assert page.took < says
            assert asyncio.all_tasks() == tasks
        assert page.status == 200
        assert page.failed == set(QUERIES)
        assert page.values == {}
        assert {name.partition("/")[2] for name in page.failures()} == {place.reason}
        assert await eventually(lambda: open_sockets() <= sockets)


async def test_an_authority_of_the_ca_file_is_trusted(
    authorities: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = server_tls(authorities.trusted.issue_cert("127.0.0.1"))
    with FakeApi(tls=tls) as api:
        trusting = configured(monkeypatch, api.url, ca_file=str(authorities.ca_file))
        async with exporting(trusting) as exporter:
            assert (await exporter.scrape()).up == 1
        async with exporting(configured(monkeypatch, api.url)) as exporter:
            assert (await exporter.scrape()).failures() == {"stats/tls": 3, "tdr/tls": 7}


async def test_the_ca_file_is_trusted_beside_the_system_s(
    authorities: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    system_s = ssl.create_default_context().cert_store_stats()["x509_ca"]
    configuration = configured(monkeypatch, "https://api.example", ca_file=str(authorities.ca_file))
    assert configuration.tls is not None
    assert configuration.tls.current.cert_store_stats()["x509_ca"] == system_s + 1


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_is_used_with_its_password(
    scheme: str, authorities: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_proxy(scheme)(authorities) as way:
        async with exporting(configured(monkeypatch, way.base_url, way.environment, **way.flags)) as exporter:
            assert (await exporter.scrape()).up == 1
            assert (await exporter.scrape()).up == 1


async def test_what_goes_through_the_proxy_is_encrypted_for_the_api(
    authorities: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = server_tls(authorities.trusted.issue_cert("127.0.0.1"))
    with FakeApi(tls=tls) as api, Proxy() as proxy:
        configuration = configured(
            monkeypatch, api.url, {"HTTPS_PROXY": proxy.url}, ca_file=str(authorities.ca_file)
        )
        async with exporting(configuration) as exporter:
            assert (await exporter.scrape()).up == 1
        assert set(proxy.asked) == {f"CONNECT 127.0.0.1:{api.port} HTTP/1.1"}
        assert api.keys == {KEY}


async def test_no_proxy_goes_past_the_proxy(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_port() as port:
        environment = {"HTTP_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}
        async with exporting(configured(monkeypatch, api.url, environment)) as exporter:
            assert (await exporter.scrape()).up == 1


async def test_a_scraper_that_hangs_up_leaves_nothing_behind(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the collection it began goes on for whoever joined."""
    async with exporting(configured(monkeypatch, api.url)) as exporter:
        api.misbehave(["tdr/SENT"], silence)
        tasks = asyncio.all_tasks()
        impatient = asyncio.ensure_future(exporter.scrape(SCRAPE_TIMEOUT))
        patient = asyncio.ensure_future(exporter.scrape(SCRAPE_TIMEOUT))
        assert await eventually(lambda: api.busy == 1 and api.asked.total() == len(QUERIES))
        impatient.cancel()
        page = await patient
        assert page.failed == {"tdr/SENT"}
        assert api.asked.total() == len(QUERIES)
        assert await eventually(lambda: asyncio.all_tasks() == tasks)
        assert await eventually(lambda: api.busy == 0)
