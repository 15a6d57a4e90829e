"""The way to the API: connections, TLS and proxies."""

import asyncio
import io
import ssl
from pathlib import Path

import pytest

from betatel_exporter.results import Failure
from tests.support.exporter import collecting, configured, exporting, leaks, nothing_left_behind
from tools.faults.api import KEY, FakeApi
from tools.faults.network import NETWORK, Authorities, server_tls
from tools.faults.proxy import Proxy

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "anyio_backend",
    [("asyncio", {"use_uvloop": uvloop}) for uvloop in (False, True)],
    ids=["asyncio", "uvloop"],
)
async def test_a_fault_on_the_way_fails_every_query_with_its_cause(
    authorities: Authorities, logged: io.StringIO, subtests: pytest.Subtests
) -> None:
    for fault in NETWORK:
        with subtests.test(str(fault)), fault.open(authorities) as route:
            configuration = configured(route.base_url, route.environment, **route.flags)
            deadline = asyncio.get_running_loop().time() + (1.0 if fault.slow else 20.0)
            async with nothing_left_behind(), collecting(configuration) as collector:
                snapshot = await collector.collect(deadline)
            expected = {Failure(fault.reason, detail) for detail in fault.details}
            assert {result.outcome for result in snapshot.results} <= expected
            assert leaks(repr(configuration)) == []
    assert "queries failing" in logged.getvalue()
    assert leaks(logged.getvalue()) == []


async def test_a_replaced_ca_file_is_trusted_from_the_next_scrape_on_beside_the_system_s(
    authorities: Authorities, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    authorities.unknown.cert_pem.write_to_path(file)
    with FakeApi(tls=server_tls(authorities.trusted.issue_cert("127.0.0.1"))) as api:
        configuration = configured(api.url, ca_file=str(file))
        async with exporting(configuration) as exporter:
            assert (await exporter.scrape()).up == 0
            authorities.trusted.cert_pem.write_to_path(file)
            assert (await exporter.scrape()).up == 1
            authorities.unknown.cert_pem.write_to_path(file)
            assert (await exporter.scrape()).up == 0
    assert configuration.tls is not None
    system_s = ssl.create_default_context().cert_store_stats()["x509_ca"]
    assert configuration.tls.current.cert_store_stats()["x509_ca"] == system_s + 1


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_is_used_with_its_password_and_https_is_encrypted_through_it(
    scheme: str, authorities: Authorities
) -> None:
    tls = server_tls(authorities.trusted.issue_cert("127.0.0.1")) if scheme == "https" else None
    with FakeApi(tls=tls) as api, Proxy() as proxy:
        environment = {f"{scheme.upper()}_PROXY": proxy.url}
        configuration = configured(api.url, environment, ca_file=str(authorities.ca_file))
        async with exporting(configuration) as exporter:
            assert [(await exporter.scrape()).up for _ in range(2)] == [1, 1]
        assert api.keys == {KEY}
        assert proxy.asked
        begin = f"CONNECT 127.0.0.1:{api.port} " if tls else f"POST {api.url}/telegram/"
        assert all(line.startswith(begin) for line in proxy.asked)
