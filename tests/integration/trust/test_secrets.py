"""Nothing that must stay hidden is seen: not in a log line, page, metric, repr, traceback or the output of check."""

import io
import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from betatel_exporter import logs
from betatel_exporter.api.models import RecordsQuery
from betatel_exporter.commands.check import check
from tests.support.exporter import configured, exporting
from tools.faults.api import KEY, QUERIES, SECRETS, FakeApi
from tools.faults.cases import FAULTS, Fault
from tools.faults.network import NETWORK, Authorities, NetworkFault
from tools.faults.proxy import PASSWORD

pytestmark = pytest.mark.anyio

HIDDEN = (*SECRETS, PASSWORD)


@pytest.fixture(scope="module")
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return Authorities.new(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(params=["logfmt", "json"])
def logged(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that every logger of the process logs, down to debug and below, as the exporter writes it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    logs.configure("debug", request.param)
    (configured_handler,) = root.handlers
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(configured_handler.formatter)
    configured_handler.close()
    root.handlers[:] = [handler]
    for name in ("", *logs.QUIET):
        logging.getLogger(name).setLevel(1)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def leaks(*texts: str) -> list[str]:
    return [secret for secret in HIDDEN for text in texts if secret in text]


def representative(faults: Sequence[Fault]) -> list[object]:
    return [pytest.param(fault, id=fault.what) for fault in faults if not fault.big]


@pytest.mark.parametrize("fault", representative(FAULTS))
async def test_no_fault_of_an_answer_brings_a_secret_to_light(
    fault: Fault, api: FakeApi, logged: io.StringIO
) -> None:
    configuration = configured(api.url, timeout="0.4")
    api.behave()
    async with exporting(configuration) as exporter:
        api.misbehave(QUERIES, fault.behave)
        pages = [await exporter.scrape(path=path) for path in ("/metrics", "/probe?account=default", "/")]
    out = [io.StringIO(), io.StringIO()]
    api.misbehave(QUERIES, fault.behave)
    for stream in out:
        await check(configuration, as_json=stream is out[1], out=stream)
    assert "queries failing" in logged.getvalue()
    assert json.loads(out[1].getvalue())["accounts"][0]["up"] is False
    assert not leaks(
        logged.getvalue(),
        *(page.text + str(page.headers) for page in pages),
        *(text.getvalue() for text in out),
    )


@pytest.mark.parametrize("fault", NETWORK, ids=str)
async def test_no_way_to_the_api_brings_a_secret_to_light(
    fault: NetworkFault, authorities: Authorities, logged: io.StringIO
) -> None:
    with fault.open(authorities) as route:
        configuration = configured(route.base_url, route.environment, timeout="0.4", **route.flags)
        async with exporting(configuration) as exporter:
            pages = [await exporter.scrape(path=path) for path in ("/metrics", "/metrics", "/")]
    assert "queries failing" in logged.getvalue()
    assert not leaks(logged.getvalue(), *(page.text for page in pages), repr(configuration))


async def test_a_good_day_brings_no_secret_to_light(api: FakeApi, logged: io.StringIO) -> None:
    api.behave()
    configuration = configured(api.url)
    out = io.StringIO()
    async with exporting(configuration) as exporter:
        pages = [await exporter.scrape(path=path) for path in ("/metrics", "/")]
        objects = repr(vars(exporter.app)) + repr(configuration) + repr(configuration.settings)
    await check(configuration, as_json=False, out=out)
    assert pages[0].up == 1
    assert api.keys == {KEY}
    assert not leaks(
        logged.getvalue(),
        *(page.text for page in pages),
        out.getvalue(),
        objects,
        str(configuration.accounts),
    )


async def test_the_traceback_of_an_unexpected_error_shows_no_secret(
    api: FakeApi, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One deep in the client, with the key, the request and the body in its frames."""

    def fail(_: object, content: bytes) -> None:
        raise RuntimeError("unexpected") from ValueError(f"a body of {len(content)} bytes")

    api.behave()
    async with exporting(configured(api.url)) as exporter:
        monkeypatch.setattr(RecordsQuery, "parse", fail)
        pages = [await exporter.scrape(path=path) for path in ("/metrics", "/")]
    assert "Traceback" in logged.getvalue()
    assert not leaks(logged.getvalue(), *(page.text for page in pages))


async def test_a_key_that_kubernetes_swaps_is_sent_at_the_next_scrape(api: FakeApi, tmp_path: Path) -> None:
    """A mounted secret is a link to a link to a folder, and the second link is what changes."""
    api.behave()

    def mount(name: str, key: bytes) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "api-key").write_bytes(key)
        (tmp_path / "..fresh").symlink_to(name)
        os.replace(tmp_path / "..fresh", tmp_path / "..data")  # noqa: PTH105  as the kubelet does, in one step

    mount("..2026_01", b"first-key\n")
    (tmp_path / "api-key").symlink_to("..data/api-key")
    environment = {"BETATEL_API_KEY": "", "BETATEL_API_KEY_FILE": str(tmp_path / "api-key")}
    async with exporting(configured(api.url, environment)) as exporter:
        api.forget()
        assert (await exporter.scrape()).up == 1
        assert api.keys == {"first-key"}
        api.forget()
        mount("..2026_02", b"other-key")
        assert (await exporter.scrape()).up == 1
        assert api.keys == {"other-key"}
