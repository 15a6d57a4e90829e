"""The way to the API: connections, TLS and proxies."""

import asyncio
import ssl
from pathlib import Path

import pytest

from betatel_exporter.results import Failure
from tests.integration.faults.expect import SLOW_TIMEOUT
from tests.support.exporter import collecting, configured, exporting, nothing_left_behind
from tests.support.waiting import eventually
from tools.faults.api import KEY, QUERIES, FakeApi
from tools.faults.behaviours import silence
from tools.faults.network import NETWORK, Authorities, by_proxy, server_tls
from tools.faults.proxy import Proxy
from tools.loopback import closed_port

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "anyio_backend",
    [("asyncio", {"use_uvloop": uvloop}) for uvloop in (False, True)],
    ids=["asyncio", "uvloop"],
)
async def test_a_fault_on_the_way_fails_every_query_with_its_cause(
    authorities: Authorities, subtests: pytest.Subtests
) -> None:
    for fault in NETWORK:
        with subtests.test(str(fault)), fault.open(authorities) as route:
            configuration = configured(route.base_url, route.environment, **route.flags)
            deadline = asyncio.get_running_loop().time() + (1.0 if fault.slow else 20.0)
            async with nothing_left_behind(), collecting(configuration) as collector:
                snapshot = await collector.collect(deadline)
            expected = {Failure(fault.reason, detail) for detail in fault.details}
            assert {result.outcome for result in snapshot.results} <= expected


async def test_an_authority_of_the_ca_file_is_trusted(authorities: Authorities) -> None:
    tls = server_tls(authorities.trusted.issue_cert("127.0.0.1"))
    with FakeApi(tls=tls) as api:
        trusting = configured(api.url, ca_file=str(authorities.ca_file))
        async with exporting(trusting) as exporter:
            assert (await exporter.scrape()).up == 1
        async with exporting(configured(api.url)) as exporter:
            assert (await exporter.scrape()).failures() == {"stats/tls": 3, "tdr/tls": 8}


async def test_a_replaced_ca_file_is_trusted_from_the_next_scrape_on(
    authorities: Authorities, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    authorities.unknown.cert_pem.write_to_path(file)
    with FakeApi(tls=server_tls(authorities.trusted.issue_cert("127.0.0.1"))) as api:
        async with exporting(configured(api.url, ca_file=str(file))) as exporter:
            assert (await exporter.scrape()).up == 0
            authorities.trusted.cert_pem.write_to_path(file)
            assert (await exporter.scrape()).up == 1
            authorities.unknown.cert_pem.write_to_path(file)
            assert (await exporter.scrape()).up == 0


async def test_the_ca_file_is_trusted_beside_the_system_s(authorities: Authorities) -> None:
    system_s = ssl.create_default_context().cert_store_stats()["x509_ca"]
    configuration = configured("https://api.example", ca_file=str(authorities.ca_file))
    assert configuration.tls is not None
    assert configuration.tls.current.cert_store_stats()["x509_ca"] == system_s + 1


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_is_used_with_its_password(scheme: str, authorities: Authorities) -> None:
    with by_proxy(scheme)(authorities) as route:
        async with exporting(configured(route.base_url, route.environment, **route.flags)) as exporter:
            assert (await exporter.scrape()).up == 1
            assert (await exporter.scrape()).up == 1


async def test_what_goes_through_the_proxy_is_encrypted_for_the_api(authorities: Authorities) -> None:
    tls = server_tls(authorities.trusted.issue_cert("127.0.0.1"))
    with FakeApi(tls=tls) as api, Proxy() as proxy:
        configuration = configured(api.url, {"HTTPS_PROXY": proxy.url}, ca_file=str(authorities.ca_file))
        async with exporting(configuration) as exporter:
            assert (await exporter.scrape()).up == 1
        assert set(proxy.asked) == {f"CONNECT 127.0.0.1:{api.port} HTTP/1.1"}
        assert api.keys == {KEY}


async def test_no_proxy_goes_past_the_proxy(api: FakeApi) -> None:
    with closed_port() as port:
        environment = {"HTTP_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}
        async with exporting(configured(api.url, environment)) as exporter:
            assert (await exporter.scrape()).up == 1


async def test_a_scraper_that_hangs_up_leaves_nothing_behind(api: FakeApi) -> None:
    """And the collection it began goes on for whoever joined."""
    async with exporting(configured(api.url)) as exporter:
        api.misbehave(["tdr/SENT"], silence)
        tasks = asyncio.all_tasks()
        impatient = asyncio.ensure_future(exporter.scrape(SLOW_TIMEOUT))
        patient = asyncio.ensure_future(exporter.scrape(SLOW_TIMEOUT))
        assert await eventually(lambda: api.busy == 1 and api.asked.total() == len(QUERIES))
        impatient.cancel()
        page = await patient
        assert page.failed == {"tdr/SENT"}
        assert api.asked.total() == len(QUERIES)
        assert await eventually(lambda: asyncio.all_tasks() == tasks)
        assert await eventually(lambda: api.busy == 0)
