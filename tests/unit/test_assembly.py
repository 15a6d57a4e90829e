from pathlib import Path

import pytest

from betatel_exporter.api.errors import Cause, Reason
from betatel_exporter.assembly import make_collectors
from betatel_exporter.calls import Calls
from betatel_exporter.config import load
from betatel_exporter.results import Failure


@pytest.mark.anyio
async def test_without_a_key_every_query_fails_as_internal_and_nothing_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "config.yml"
    file.write_text("""
accounts:
  - {name: shop, account_id: "1", api_key: key-shop}
  - {name: bank, account_id: "2", api_key_file: missing}
""")
    _, bank = make_collectors(load({"config_file": str(file)}, {}), Calls(["shop", "bank"]))
    snapshot = await bank.collect(deadline=float("inf"))
    await bank.aclose()
    no_key = Failure(Reason.INTERNAL, f"{Cause.NO_KEY}: no such file or directory in {tmp_path}")
    assert {result.failure for result in snapshot.results} == {no_key}
