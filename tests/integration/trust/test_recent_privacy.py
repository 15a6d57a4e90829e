"""Of the recipients of recent records, nothing outlives the scrape but how many they were."""

import gc
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path

import pytest

from betatel_exporter.commands.check import check
from betatel_exporter.recent import RecentQuery
from tests.support.command import account, serving
from tests.support.exporter import configured, exporting
from tools.faults.api import QUERIES, RECENT, Exchange, FakeApi

pytestmark = pytest.mark.anyio

NUMBER = re.compile(rb"\+38591(\d{3})\d{6}")
"""With the scrape that read it."""

CODE = re.compile(rb"code-\d{3}-\d")


class Recipients:
    """Answers with a page of a hundred people who have never been seen before, one of them as a network, too."""

    def __init__(self) -> None:
        self.scrape = 0
        self._serials = count()

    async def answer(self, exchange: Exchange) -> None:
        now = datetime.now(UTC)
        records = [
            {
                "uuid": f"uuid-{serial}",
                "to": number(self.scrape, serial),
                "code": f"code-{self.scrape:03d}-{serial}",
                "status": "READ",
                "country": "Croatia",
                "network": number(self.scrape, serial) if age == 0 else f"Network {age % 10}",
                "timestamp": (now - timedelta(seconds=200 + age)).isoformat(),
            }
            for age, serial in zip(range(100), self._serials, strict=False)
        ]
        await exchange.answer(json.dumps({"total": 100, "list": records}).encode())


def number(scrape: int, serial: int) -> str:
    return f"+38591{scrape:03d}{serial:06d}"


@pytest.fixture
def recipients(api: FakeApi) -> Recipients:
    recipients = Recipients()
    api.misbehave([RECENT], recipients.answer)
    return recipients


async def test_without_recent_pages_there_is_no_request_and_no_series(api: FakeApi) -> None:
    async with exporting(configured(api.url, recent_pages="0")) as exporter:
        page = await exporter.scrape()
        landing = await exporter.scrape(path="/")
    assert page.up == 1
    assert api.asked == dict.fromkeys(set(QUERIES) - {RECENT}, 1)
    assert "recent" not in page.text + landing.text.lower()


async def test_after_a_scrape_no_object_page_log_or_report_has_a_number_a_code_or_a_hash(
    api: FakeApi, recipients: Recipients, logged: io.StringIO
) -> None:
    configuration = configured(api.url)
    async with exporting(configuration) as exporter:
        texts = [
            (await exporter.scrape(path=path)).text for path in ("/metrics", "/probe?account=default", "/")
        ]
        assert 'country="Croatia",network="other"' in texts[0]
        recipients.scrape += 1
        for as_json in (False, True):
            out = io.StringIO()
            await check(configuration, out, as_json=as_json)
            texts.append(out.getvalue())
        recipients.scrape += 1
        texts.append(logged.getvalue())
        left = list(leaves())  # the texts are among them
        known = hashes(recipients.scrape)
    assert [text for text in left if NUMBER.search(text) or CODE.search(text)] == []
    assert known.intersection(left) == set()
    assert [text for text in texts for hashed in known if hashed.hex() in text] == []


def leaves() -> Iterator[bytes]:
    """Every text and byte string that an object known to the garbage collector holds."""
    gc.collect()
    seen: set[int] = set()
    unvisited = gc.get_objects()
    while unvisited:
        found = unvisited.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, str):
            yield found.encode(errors="replace")
        elif isinstance(found, bytes | bytearray | memoryview):
            yield bytes(found)
        else:
            unvisited += gc.get_referents(found)


def hashes(scrapes: int) -> set[bytes]:
    """Of all recipients that may have been read, by every key in this process."""
    keys = [found.key for found in gc.get_objects() if isinstance(found, RecentQuery)]
    assert keys
    return {
        blake2b(number(scrape, serial).encode(), key=key, digest_size=16).digest()
        for scrape in range(scrapes)
        for serial in range(1000)
        for key in keys
    }


def test_the_memory_of_a_process_keeps_no_more_than_scraps_of_earlier_scrapes(
    api: FakeApi, recipients: Recipients
) -> None:
    """Freed memory is not overwritten: parts of a response may stay there, but nothing collects them."""
    with serving(account(api.url)) as exporter:
        for _ in range(20):
            assert 'betatel_up{account="default"} 1.0' in exporter.get("/metrics").read()[1]
            recipients.scrape += 1
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
