import asyncio
import logging
from collections.abc import Mapping, Sequence

import pytest

from betatel_exporter.accounts import Account
from betatel_exporter.api.client import ApiError, RateLimitedError, ServerError
from betatel_exporter.api.models import Query, Reason, RecordsQuery, Stats, StatsQuery, Status, Value, Window

pytestmark = pytest.mark.anyio

STATS = StatsQuery(Window.LAST_HOUR)
FAILED = RecordsQuery(Status.FAILED)
VALUE = Stats(1, 1, {"EUR": 1})


class Api:
    """An upstream whose answers are told beforehand."""

    def __init__(self) -> None:
        self.asked: list[Query] = []
        self.errors: dict[Query, ApiError] = {}
        self.delay = 0.0
        self.at_once = self.most_at_once = 0
        self.closed = False

    async def fetch(self, query: Query) -> Value:
        self.asked.append(query)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.at_once -= 1
        if query in self.errors:
            raise self.errors[query]
        return VALUE

    async def aclose(self) -> None:
        self.closed = True


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def make_account(
    api: Api,
    *,
    queries: Sequence[Query] = (STATS, FAILED),
    clock: Clock | None = None,
    slots: int = 100,
    max_concurrency: int = 10,
    cache_ttl: float = 0.0,
    daily_budget: Mapping[str, float] | None = None,
) -> Account:
    return Account(
        "shop",
        queries,
        api,
        slots=asyncio.Semaphore(slots),
        max_concurrency=max_concurrency,
        cache_ttl=cache_ttl,
        daily_budget=daily_budget,
        clock=clock or Clock(),
    )


def soon(seconds: float = 1.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_snapshot_tells_answers_times_and_budget() -> None:
    account = make_account(Api(), daily_budget={"EUR": 50})
    snapshot = await account.snapshot(soon())
    assert snapshot.up
    assert [answer.query for answer in snapshot.answers] == [STATS, FAILED]
    assert snapshot.last_success == {"stats/lasth": Clock.now, "tdr/FAILED": Clock.now}
    assert snapshot.daily_budget == {"EUR": 50}
    assert snapshot.cooldown_until is None


async def test_scrapes_at_the_same_moment_share_one_collection() -> None:
    api = Api()
    api.delay = 0.02
    account = make_account(api)
    first, second = await asyncio.gather(account.snapshot(soon()), account.snapshot(soon()))
    assert len(api.asked) == 2
    assert first.answers == second.answers


async def test_a_scrape_after_the_other_collects_anew() -> None:
    api = Api()
    account = make_account(api)
    await account.snapshot(soon())
    await account.snapshot(soon())
    assert len(api.asked) == 4


async def test_a_success_is_shared_for_the_ttl_and_a_failure_is_not() -> None:
    api = Api()
    account = make_account(api, cache_ttl=60)
    await account.snapshot(soon())
    await account.snapshot(soon())
    assert len(api.asked) == 2

    api = Api()
    api.errors[FAILED] = ServerError("HTTP 500")
    account = make_account(api, cache_ttl=60)
    await account.snapshot(soon())
    await account.snapshot(soon())
    assert len(api.asked) == 4


async def test_a_failed_query_is_not_up_and_keeps_the_time_of_its_last_success() -> None:
    api, clock = Api(), Clock()
    account = make_account(api, clock=clock)
    await account.snapshot(soon())
    clock.now += 60
    api.errors[FAILED] = ServerError("HTTP 500")
    snapshot = await account.snapshot(soon())
    assert not snapshot.up
    assert snapshot.last_success == {"stats/lasth": Clock.now + 60, "tdr/FAILED": Clock.now}


async def test_after_retry_after_nothing_is_sent_until_then() -> None:
    api, clock = Api(), Clock()
    account = make_account(api, clock=clock)
    api.errors = {STATS: RateLimitedError("HTTP 429", retry_after=30), FAILED: RateLimitedError("HTTP 429")}
    assert (await account.snapshot(soon())).cooldown_until == Clock.now + 30
    api.errors = {}

    clock.now += 29
    snapshot = await account.snapshot(soon())
    assert len(api.asked) == 2
    assert {answer.failure.reason for answer in snapshot.answers if answer.failure} == {Reason.RATE_LIMITED}

    clock.now += 1
    snapshot = await account.snapshot(soon())
    assert snapshot.up
    assert snapshot.cooldown_until is None


async def test_a_cool_down_holds_back_what_was_waiting_for_its_turn() -> None:
    api = Api()
    api.errors[STATS] = RateLimitedError("HTTP 429", retry_after=30)
    await make_account(api, max_concurrency=1).snapshot(soon())
    assert api.asked == [STATS]


async def test_a_rate_limit_without_retry_after_asks_again_at_the_next_scrape() -> None:
    api = Api()
    api.errors[STATS] = RateLimitedError("HTTP 429")
    account = make_account(api)
    await account.snapshot(soon())
    await account.snapshot(soon())
    assert len(api.asked) == 4


@pytest.mark.parametrize(("slots", "max_concurrency"), [(100, 2), (2, 10)])
async def test_calls_at_once_are_limited_for_an_account_and_for_all(slots: int, max_concurrency: int) -> None:
    api = Api()
    api.delay = 0.001
    queries = [RecordsQuery(status) for status in Status]
    await make_account(api, queries=queries, slots=slots, max_concurrency=max_concurrency).snapshot(soon())
    assert len(api.asked) == 7
    assert api.most_at_once == 2


async def test_the_last_outcome_of_a_query_is_remembered() -> None:
    api, clock = Api(), Clock()
    account = make_account(api, clock=clock)
    assert not account.outcomes
    api.errors[FAILED] = ServerError("HTTP 500")
    await account.snapshot(soon())
    outcome = account.outcomes["tdr/FAILED"]
    assert outcome.at == Clock.now
    assert outcome.answer.failure is not None
    assert outcome.answer.failure.detail == "HTTP 500"


async def test_a_failure_is_logged_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    api, clock = Api(), Clock()
    account = make_account(api, clock=clock)
    api.errors[FAILED] = ServerError("HTTP 500")
    for _ in range(3):
        await account.snapshot(soon())
        clock.now += 15
    api.errors.clear()
    await account.snapshot(soon())
    failing, recovered = caplog.records
    assert failing.getMessage() == "query failing"
    assert (
        vars(failing).items() >= {"account": "shop", "query": "tdr/FAILED", "reason": "server_error"}.items()
    )
    assert recovered.getMessage() == "query recovered"
    assert vars(recovered)["failed_for_seconds"] == 45.0


async def test_closing_ends_what_is_under_way_and_closes_the_connections() -> None:
    api = Api()
    api.delay = 60
    account = make_account(api)
    before = asyncio.all_tasks()
    scrape = asyncio.create_task(account.snapshot(soon(60)))
    await asyncio.sleep(0.01)
    scrape.cancel()
    await account.aclose()
    await asyncio.wait([scrape])
    assert asyncio.all_tasks() == before
    assert api.closed
