"""Scrapers that overlap and accounts that hang: nothing is frozen, multiplied or starved. The command, over real sockets."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Answer, Exporter, serving
from tools.faults.api import ACCOUNT_ID, KEY, QUERIES, Exchange, FakeApi, good
from tools.faults.behaviours import silence

HUNG, HEALTHY = 30, 70


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def exporter(api: FakeApi) -> Iterator[Exporter]:
    environment = {"BETATEL_API_KEY": KEY, "BETATEL_ACCOUNT_ID": ACCOUNT_ID, "BETATEL_BASE_URL": api.url}
    with serving(environment) as exporter:
        yield exporter


def scrape(exporter: Exporter, timeout: float) -> Answer:
    return exporter.get("/metrics", f"X-Prometheus-Scrape-Timeout-Seconds: {timeout:g}", seconds=60)


def page(exporter: Exporter, timeout: float) -> str:
    return scrape(exporter, timeout).read()[1]


def test_one_request_that_hangs_for_good_freezes_nothing_while_two_scrapers_overlap(
    api: FakeApi, exporter: Exporter
) -> None:
    numbers = itertools.count(1)
    asked = itertools.count(1)

    async def count_up(exchange: Exchange) -> None:
        entry = {"total_requests": next(numbers), "total_transactions": 0, "total_amount": 0}
        await exchange.answer(json.dumps([entry]).encode())

    async def hang_once(exchange: Exchange) -> None:
        await (silence if next(asked) == 1 else good)(exchange)

    behaviours = {"stats/last5m": count_up, "stats/lasth": hang_once}

    async def behave(exchange: Exchange) -> None:
        await behaviours.get(exchange.query, good)(exchange)

    api.misbehave(QUERIES, behave)
    answers = []
    for _ in range(8):  # each waits 1.5 s for what hangs, so that they overlap
        answers.append(scrape(exporter, 2))
        time.sleep(0.5)
    pages = [answer.read()[1] for answer in answers]
    shown = [re.findall(r'^betatel_telegram_requests{.*last5m"} (\S+)', text, re.MULTILINE) for text in pages]
    assert all(len(values) == 1 for values in shown)
    assert len({values[0] for values in shown}) > len(pages) / 2, shown
    assert 'betatel_up{account="default"} 1.0' in pages[-1]


def test_a_tiny_timeout_in_a_loop_multiplies_no_calls(api: FakeApi, exporter: Exporter) -> None:
    async def after_a_second(exchange: Exchange) -> None:
        await asyncio.sleep(1)
        await good(exchange)

    page(exporter, 10)
    api.forget()
    api.misbehave(QUERIES, after_a_second)
    started = time.monotonic()
    scrapes = 0
    while time.monotonic() - started < 2:
        page(exporter, 0.04)
        scrapes += 1
    calls = 2 + int(time.monotonic() - started)
    assert scrapes > calls
    assert max(api.asked.values()) <= calls


def test_thirty_accounts_that_hang_leave_seventy_whole_whatever_the_order(
    api: FakeApi, tmp_path: Path
) -> None:
    async def behave(exchange: Exchange) -> None:
        await (silence if exchange.headers["x-account-id"] == "hung" else good)(exchange)

    api.misbehave(QUERIES, behave)
    ids = ["hung"] * HUNG + ["healthy"] * HEALTHY
    accounts = "".join(f"- {{name: a{n}, account_id: {name}, api_key: k}}\n" for n, name in enumerate(ids))
    file = tmp_path / "accounts.yml"
    file.write_text(f"base_url: {api.url}\naccounts:\n{accounts}")
    with serving({}, f"--config.file={file}", "--timeout=6") as exporter:
        up = re.findall(r'^betatel_up{account="a(\d+)"} 1.0', page(exporter, 6), re.MULTILINE)
    assert sorted(map(int, up)) == [*range(HUNG, HUNG + HEALTHY)]
