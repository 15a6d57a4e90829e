from pathlib import Path

import pytest

from betatel_exporter.api.errors import Cause, Reason
from betatel_exporter.assembly import make_collectors
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector
from betatel_exporter.config import load

pytestmark = pytest.mark.anyio


async def test_without_a_key_every_query_fails_as_internal_and_nothing_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "config.yml"
    file.write_text("""
accounts:
  - {name: shop, account_id: "1", api_key: key-shop}
  - {name: bank, account_id: "2", api_key_file: missing}
""")
    configuration = load({"config_file": str(file)}, {})
    calls = Calls(account.settings.name for account in configuration.accounts)
    _, bank = make_collectors(configuration, calls)
    failures = await failures_of(bank)
    assert failures == {(Reason.INTERNAL, f"{Cause.NO_KEY}: no such file or directory in {tmp_path}")}


async def failures_of(collector: Collector) -> set[tuple[Reason, str]]:
    snapshot = await collector.collect(deadline=float("inf"))
    await collector.aclose()
    failures = [result.failure for result in snapshot.results]
    assert all(failures)
    return {(failure.reason, failure.detail) for failure in failures if failure}
