import gzip
import re
from collections.abc import Iterator

import pytest
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.requests import Request

from betatel_exporter.web.exposition import Page, render

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping="
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def families() -> Iterator[Metric]:
    yield GaugeMetricFamily("betatel_up", "Up.", value=1)
    yield CounterMetricFamily("betatel_calls", "Calls.", value=3)


def rendered(query: bytes = b"", **headers: bytes) -> Page:
    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return render(families(), Request({"type": "http", "query_string": query, "headers": named}))


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        *(
            (accept, TEXT)
            for accept in (
                "",
                "*/*",
                "text/html",
                "text/plain;version=x",
                "text/plain;version=9.0",
                "text/plain;version",
                "application/openmetrics-text;version=1.0.x",
                ";version==",
                "\xff;=,;",
            )
        ),
        (PROMETHEUS_3, f"{OPENMETRICS}allow-utf-8"),
        ("application/openmetrics-text; version=1.0.0", f"{OPENMETRICS}underscores"),
    ],
)
def test_the_format_is_negotiated_and_text_by_default(accept: str, content_type: str) -> None:
    page = rendered(accept=accept.encode("latin-1"))
    assert page.headers["content-type"] == content_type
    if content_type.startswith(OPENMETRICS):
        assert len([*text_string_to_metric_families(bytes(page.body).decode())]) == 2


def test_a_page_is_compressed_only_for_clients_that_accept_gzip() -> None:
    page = rendered(accept_encoding=b"deflate, gzip;q=1.0")
    assert page.headers["content-encoding"] == "gzip"
    assert b"betatel_up 1.0" in gzip.decompress(page.body)
    assert "content-encoding" not in rendered(accept_encoding=b"identity").headers


def test_names_select_metrics() -> None:
    page = bytes(rendered(b"name[]=betatel_up&name%5B%5D=nowhere&name[]=").body).decode()
    assert re.findall("^[^#].*", page, re.MULTILINE) == ["betatel_up 1.0"]
    assert rendered(b"name[]=").body == rendered(b"name%5B=%ff&\xff=+").body == rendered().body
