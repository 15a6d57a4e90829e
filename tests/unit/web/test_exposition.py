import asyncio
import gzip
import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from betatel_exporter.web.exposition import render
from betatel_exporter.web.families import process_registry

pytestmark = pytest.mark.anyio

CONTENT_TYPE = re.compile(
    rb"(text/plain|application/openmetrics-text); version=[01.4]+; charset=utf-8(; escaping=[\w-]+)?"
)


def families() -> Iterator[Metric]:
    yield GaugeMetricFamily("betatel_up", "Up.", value=1)
    yield CounterMetricFamily("betatel_calls", "Calls.", value=3)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    page = await render(families(), Request(scope))
    await page(scope, receive, send)


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter")


async def test_openmetrics_is_served_on_request(client: httpx.AsyncClient) -> None:
    response = await client.get("/", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert len([*text_string_to_metric_families(response.text)]) == 2


async def test_what_prometheus_3_asks_for_is_openmetrics(client: httpx.AsyncClient) -> None:
    accept = (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    )
    response = await client.get("/", headers={"accept": accept})
    expected = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
    assert response.headers["content-type"] == expected


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html", "text/plain;version=x", "text/plain;version=9.0.0"]
)
async def test_the_text_format_is_the_default(client: httpx.AsyncClient, accept: str) -> None:
    response = await client.get("/", headers={"accept": accept})
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_a_page_is_compressed_only_for_clients_that_accept_gzip(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as response:
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers["content-encoding"] == "gzip"
    assert b"betatel_up 1.0" in gzip.decompress(raw)
    plain = await client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_names_select_metrics(client: httpx.AsyncClient) -> None:
    response = await client.get("/?name[]=betatel_up&name[]=nowhere&name[]=")
    assert re.findall("^[^#].*", response.text, re.MULTILINE) == ["betatel_up 1.0"]


ODD_ACCEPT = (
    st.lists(
        st.tuples(
            st.sampled_from(["application/openmetrics-text", "text/plain", "*/*", ""]),
            st.sampled_from(
                ["", ";version", ";version=", ";version=1.0.x", ";Version=2", ";escaping=values", ";q=x"]
            )
            | st.text().map(";version={}".format),
        ).map("".join)
    ).map(",".join)
    | st.text()
)
ODD_QUERY = st.lists(
    st.sampled_from(["name[]", "name%5B%5D", "=", "&", "%", "%ff", "+", ";", "betatel_up"])
).map("".join)


@given(
    accept=ODD_ACCEPT | st.binary(),
    encoding=st.text() | st.binary(),
    query=ODD_QUERY | st.text() | st.binary(),
)
def test_any_headers_and_any_query_get_a_page(
    accept: str | bytes, encoding: str | bytes, query: str | bytes
) -> None:
    def raw(value: str | bytes) -> bytes:
        return value.encode(errors="replace") if isinstance(value, str) else value

    headers = [(b"accept", raw(accept)), (b"accept-encoding", raw(encoding)), (b"accept", b"\xff")]
    sent: list[Message] = []

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": raw(query), "headers": headers}
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 200
    assert CONTENT_TYPE.fullmatch(dict(sent[0]["headers"])[b"content-type"])


async def test_process_metrics_are_made_anew_for_each_page() -> None:
    registry = process_registry()
    first, second = ({family.name for family in registry.collect()} for _ in range(2))
    assert first == second
    assert {"process_cpu_seconds", "python_info"} <= first
