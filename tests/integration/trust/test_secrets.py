"""Nothing that must stay hidden is in a log line, page, metric, repr, traceback or the output of check.

`faults/` looks for it wherever the API misbehaves, with `leaks`.
"""

import io
from pathlib import Path

import pytest

from betatel_exporter.api.models import RecordsQuery
from betatel_exporter.commands.check import check
from tests.support.exporter import configured, exporting, leaks
from tools.faults.api import KEY, FakeApi

pytestmark = pytest.mark.anyio


async def test_where_nothing_fails_no_secret_is_shown(api: FakeApi, logged: io.StringIO) -> None:
    configuration = configured(api.url)
    out = io.StringIO()
    async with exporting(configuration) as exporter:
        pages = [await exporter.scrape(path=path) for path in ("/metrics", "/probe?account=default", "/")]
        objects = repr(vars(exporter.app)) + repr(configuration) + repr(configuration.settings)
    await check(configuration, out)
    assert pages[0].up == 1
    assert leaks(logged.getvalue(), out.getvalue(), objects, *(page.text for page in pages)) == []


async def test_the_traceback_of_an_unexpected_error_shows_no_secret(
    api: FakeApi, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One deep in the client, with the key, the request and the body in its frames."""

    def fail(_: object, content: bytes) -> None:
        raise RuntimeError("unexpected") from ValueError(f"a body of {len(content)} bytes")

    async with exporting(configured(api.url)) as exporter:
        monkeypatch.setattr(RecordsQuery, "parse", fail)
        pages = [await exporter.scrape(path=path) for path in ("/metrics", "/")]
    assert "Traceback" in logged.getvalue()
    assert leaks(logged.getvalue(), *(page.text for page in pages)) == []


async def test_a_key_that_changes_is_sent_at_the_next_scrape(api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "api-key"
    environment = {"BETATEL_API_KEY": "", "BETATEL_API_KEY_FILE": str(file)}
    file.write_text(KEY)
    async with exporting(configured(api.url, environment)) as exporter:
        for key in (KEY, "other-key"):
            file.write_text(f"{key}\n")
            api.forget()
            assert (await exporter.scrape()).up == 1
            assert api.keys == {key}
