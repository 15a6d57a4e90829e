"""Of the recipients of recent records, nothing outlives the scrape but how many they were."""

import gc
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path

import httpx
import pytest

from betatel_exporter.api.records import PageRequest
from betatel_exporter.commands.check import check
from betatel_exporter.recent import RecentQuery
from tests.support.command import serving
from tests.support.exporter import configured, exporting
from tools.faults.api import ACCOUNT_ID, KEY, RECENT, Exchange, FakeApi

pytestmark = pytest.mark.anyio

PREFIX = "+38591"
NUMBER = re.compile(rb"\+38591(\d{3})\d{6}")
"""With the scrape that read it."""

CODE = re.compile(rb"code-\d{3}-\d")


class Recipients:
    """Answers with a page of a hundred people who have never been seen before, one of them as a network, too."""

    def __init__(self) -> None:
        self.scrape = 0
        self._serials = count()

    def number(self, serial: int) -> str:
        return f"{PREFIX}{self.scrape:03d}{serial:06d}"

    async def answer(self, exchange: Exchange) -> None:
        now = datetime.now(UTC)
        records = [
            {
                "uuid": f"uuid-{serial}",
                "to": self.number(serial),
                "code": f"code-{self.scrape:03d}-{serial}",
                "status": "READ",
                "country": "Croatia",
                "network": self.number(serial) if age == 0 else f"Network {age % 10}",
                "timestamp": (now - timedelta(seconds=200 + age)).isoformat(),
            }
            for age, serial in zip(range(100), self._serials, strict=False)
        ]
        await exchange.answer(json.dumps({"total": 100, "list": records}).encode())


@pytest.fixture
def recipients() -> Recipients:
    return Recipients()


@pytest.fixture
def api(recipients: Recipients) -> Iterator[FakeApi]:
    with FakeApi() as api:
        api.misbehave([RECENT], recipients.answer)
        yield api


def leaves() -> Iterator[str | bytes]:
    """Every text and byte string that an object known to the garbage collector holds."""
    gc.collect()
    seen: set[int] = set()
    unvisited = gc.get_objects()
    while unvisited:
        found = unvisited.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, str | bytes):
            yield found
        elif isinstance(found, bytearray | memoryview):
            yield bytes(found)
        else:
            unvisited += gc.get_referents(found)


def hashes(scrapes: int) -> set[bytes]:
    """Of all recipients that may have been read, by every key in this process."""
    keys = [found.key for found in gc.get_objects() if isinstance(found, RecentQuery)]
    assert keys
    numbers = [f"{PREFIX}{scrape:03d}{serial:06d}" for scrape in range(scrapes) for serial in range(1000)]
    return {blake2b(number.encode(), key=key, digest_size=16).digest() for number in numbers for key in keys}


async def test_no_object_has_a_number_a_code_or_a_hash_after_the_scrape(
    api: FakeApi, recipients: Recipients
) -> None:
    async with exporting(configured(api.url)) as exporter:
        for _ in range(2):
            assert (await exporter.scrape()).up == 1
            recipients.scrape += 1
        left = list(leaves())
        kept = hashes(recipients.scrape).intersection(left)
    texts = [text if isinstance(text, bytes) else text.encode(errors="replace") for text in left]
    assert [text for text in texts if NUMBER.search(text) or CODE.search(text)] == []
    assert not kept


async def test_no_page_log_or_report_has_a_number_a_code_or_a_hash(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    configuration = configured(api.url)
    openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with exporting(configuration) as exporter:
        texts = [
            (await exporter.client.get(path)).text for path in ("/metrics", "/probe?account=default", "/")
        ]
        texts.append((await exporter.client.get("/metrics", headers=openmetrics)).text)
        known = hashes(1)
        texts += [repr(found) for found in gc.get_objects() if isinstance(found, RecentQuery | PageRequest)]
    for as_json in (False, True):
        out = io.StringIO()
        await check(configuration, as_json=as_json, out=out)
        texts.append(out.getvalue())
    texts.append(caplog.text)
    assert 'country="Croatia",network="other"' in texts[0]
    hidden = [PREFIX.removeprefix("+"), "code-", *(found.hex() for found in known)]
    assert [word for word in hidden for text in texts if word in text] == []


def test_the_memory_of_a_process_keeps_no_more_than_scraps_of_earlier_scrapes(
    api: FakeApi, recipients: Recipients
) -> None:
    """Freed memory is not overwritten: parts of a response may stay there, but nothing collects them."""
    environment = {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID, "BETATEL_BASE_URL": api.url}
    with serving(environment) as exporter:
        url = f"http://{exporter.address[0]}:{exporter.address[1]}/metrics"
        for _ in range(20):
            assert 'betatel_up{account="default"} 1.0' in httpx.get(url).text
            recipients.scrape += 1
        time.sleep(0.1)
        found = {match[0]: int(match[1]) for match in NUMBER.finditer(memory(exporter.process.pid))}
    assert len(found) > 0, "not even the last scrape: the memory was not read"
    assert sum(scrape < recipients.scrape - 2 for scrape in found.values()) < 200


def memory(pid: int) -> bytes:
    """What a process may write to."""
    contents = []
    process = Path("/proc") / str(pid)
    with (process / "mem").open("rb", buffering=0) as mem:
        for line in (process / "maps").read_text().splitlines():
            addresses, permissions, *_ = line.split()
            if permissions.startswith("rw"):
                start, end = (int(address, 16) for address in addresses.split("-"))
                mem.seek(start)
                contents.append(mem.read(end - start))
    return b"".join(contents)
