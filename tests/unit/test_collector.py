"""One account's collector, on a loop whose time passes only while it waits."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.api.errors import InvalidResponseError, RateLimitedError, Reason
from betatel_exporter.api.models import Query, RecordsQuery, Request, Stats, StatsQuery, Value
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.collector import MIN_CALL_SECONDS, TIMED_OUT, time_budget
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.results import Failure
from tests.support.virtual_time import in_virtual_time
from tests.unit.collecting import (
    DAY,
    EPOCH,
    FAILED,
    HOUR,
    HTTP_500,
    NEVER,
    READ,
    RECORDS,
    Api,
    collector,
    failures,
    now,
    requests,
    scrape,
)


@in_virtual_time
async def test_a_scrape_has_a_result_for_every_query_in_order() -> None:
    api = Api({DAY: NEVER}, {FAILED: HTTP_500})
    snapshot = await scrape(collector(api, [DAY, FAILED, HOUR]))
    assert [result.query.name for result in snapshot.results] == [DAY.name, FAILED.name, HOUR.name]
    values = [result.outcome for result in snapshot.results]
    assert values == [TIMED_OUT, Failure(Reason.SERVER_ERROR, "HTTP 500"), Stats(0.1, 0, {"EUR": 0})]
    assert not snapshot.up
    assert snapshot.last_success == {"stats/lasth": EPOCH + 0.1}
    assert now() == 5


@in_virtual_time
async def test_a_hung_request_freezes_nothing_while_scrapers_overlap() -> None:
    api = Api({FAILED: NEVER})
    shop = collector(api)
    scraping = [asyncio.create_task(scrape(shop, number * 1.5, 2.5)) for number in range(10)]
    await asyncio.sleep(6)
    api.delay[FAILED] = 0.1
    snapshots = await asyncio.gather(*scraping)
    assert all(requests(snapshot)["stats/lasth"] >= n * 1.5 for n, snapshot in enumerate(snapshots))
    assert [snapshot.up for snapshot in snapshots[-4:]] == [True] * 4


@in_virtual_time
async def test_a_scraper_that_disconnects_cancels_nothing() -> None:
    api = Api({HOUR: 2})
    shop = collector(api, [HOUR])
    disconnecting = asyncio.create_task(scrape(shop))
    await asyncio.sleep(1)
    disconnecting.cancel()
    assert (await scrape(shop)).up
    assert api.times(HOUR) == [0]


@in_virtual_time
async def test_each_scraper_waits_as_long_as_its_own_timeout_allows() -> None:
    """Two scrapers of (start, budget, whether it gets the value), and when the API is asked."""
    for *scrapers, asked in (
        ((0, 5, True), (1, 1, False), [0]),
        ((0, 2, False), (1, 9, True), [0, 2]),  # asked anew when the first one's time is over
        ((0, 2, False), (1, 3, False), [0, 2]),
    ):
        api = Api({HOUR: 3})
        shop, begin = collector(api, [HOUR]), now()
        scraping = (scrape(shop, begin + start, budget) for start, budget, _ in scrapers)
        snapshots = await asyncio.gather(*scraping)
        assert [snapshot.up for snapshot in snapshots] == [up for *_, up in scrapers]
        await asyncio.sleep(10)
        assert [time - begin for time in api.times(HOUR)] == asked


@in_virtual_time
async def test_a_tiny_time_budget_does_not_multiply_calls() -> None:
    api = Api({HOUR: NEVER})
    shop = collector(api, [HOUR])
    for _ in range(250):
        await scrape(shop, budget=0.02)
    assert now() == pytest.approx(5)
    assert len(api.sent) == 5 / MIN_CALL_SECONDS
    await shop.aclose()


@in_virtual_time
async def test_only_successes_are_shown_again_for_the_cache_ttl() -> None:
    api = Api(error={FAILED: HTTP_500})
    shop = collector(api, cache_ttl=60)
    for start in (0, 30, 61):
        await scrape(shop, start)
    assert (api.times(HOUR), api.times(FAILED)) == ([0, 61], [0, 30, 61])


@in_virtual_time
async def test_any_exception_is_a_failure_of_its_query_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for error in (MemoryError(), ZeroDivisionError(), RecursionError(), UnicodeError()):
        caplog.clear()
        api = Api(error={FAILED: error})
        shop = collector(api)
        for _ in range(3):
            snapshot = await scrape(shop)
            assert failures(snapshot) == {"tdr/FAILED": Reason.INTERNAL}
            assert requests(snapshot)
        api.error.clear()
        assert (await scrape(shop)).up
        assert len([record for record in caplog.records if record.exc_info]) == 1


@in_virtual_time
async def test_a_cool_down_sends_nothing_until_it_ends() -> None:
    api = Api(error={HOUR: RateLimitedError("HTTP 429", retry_after=30)})
    shop = collector(api)
    assert (await scrape(shop)).cooldown_until == pytest.approx(EPOCH + 30.1)
    api.error.clear()
    during = await scrape(shop, 29)
    assert failures(during) == dict.fromkeys(["stats/lasth", "tdr/FAILED"], Reason.RATE_LIMITED)
    assert len(api.sent) == 2
    after = await scrape(shop, 30.2)
    assert (after.up, after.cooldown_until) == (True, None)


@in_virtual_time
async def test_a_cool_down_stops_calls_that_wait_for_a_slot_and_needs_a_retry_after() -> None:
    for seconds, sent in ((30, [FAILED]), (None, [FAILED, READ])):
        api = Api(error={FAILED: RateLimitedError("HTTP 429", seconds)})
        await scrape(collector(api, [FAILED, READ], max_concurrency=2))
        assert [request for request, _ in api.sent] == sent


@in_virtual_time
async def test_calls_at_once_are_limited_for_an_account_and_for_the_process() -> None:
    for slots, max_concurrency in ((200, 3), (3, 16)):  # one of three is kept for the other operation
        api = Api(delay=dict.fromkeys(RECORDS, 1))
        shop = collector(api, RECORDS, slots=FairSemaphore(slots, 2), max_concurrency=max_concurrency)
        scraping = asyncio.create_task(scrape(shop))
        await asyncio.sleep(0.5)
        assert len(api.running) == 2
        assert (await scraping).up


@in_virtual_time
async def test_accounts_that_hang_leave_the_others_whole_and_in_time() -> None:
    queries: list[Query] = [HOUR, DAY, StatsQuery(Window.TODAY), *RECORDS]
    for hung, slow in ((range(30), queries), (range(70, 100), queries), (range(100), RECORDS)):
        slots = FairSemaphore(200, 100 * len(Operation))
        apis = [Api(dict.fromkeys(slow, NEVER) if number in hung else {}) for number in range(100)]
        shops = [collector(api, queries, slots=slots) for api in apis]
        for start in (0, 5):  # the second scrape arrives while the calls of the first still hang
            await asyncio.sleep(start)
            snapshots = await asyncio.gather(*(scrape(shop, budget=9.5) for shop in shops))
            for number, snapshot in enumerate(snapshots):
                expected = {query.name for query in slow} if number in hung else set()
                assert set(failures(snapshot)) == expected, number
        await asyncio.gather(*(shop.aclose() for shop in shops))


class Pages:
    """A query of three requests."""

    name = "tdr/recent"

    def requests(self, previous: Value | None, at: float) -> Sequence[Request]:
        assert (previous, at) == (None, EPOCH + now())
        return [READ, FAILED, RecordsQuery(Status.SENT)]

    def value(self, answers: Sequence[Any], _previous: Value | None, _now: float) -> Value:
        raise InvalidResponseError(f"{len(answers)} pages")


@in_virtual_time
async def test_a_query_of_several_requests_fails_with_the_first_of_them() -> None:
    for api, failure in (
        (Api(), Failure(Reason.INVALID_RESPONSE, "3 pages")),
        (Api({READ: NEVER}, {FAILED: HTTP_500}), Failure(Reason.SERVER_ERROR, "HTTP 500")),
    ):
        (result,) = (await scrape(collector(api, [Pages()]))).results
        assert result.outcome == failure
        assert api.running == []


@in_virtual_time
async def test_one_cause_is_one_log_line_when_it_begins_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="betatel_exporter")
    api = Api(error={HOUR: HTTP_500, FAILED: HTTP_500})
    shop = collector(api)
    for start in (0, 15, 30):
        await scrape(shop, start)
    api.error.clear()
    await scrape(shop, 45)
    failing, recovered = map(vars, caplog.records)
    queries = {"account": "shop", "queries": "stats/lasth,tdr/FAILED"}
    cause = {"msg": "queries failing", "reason": "server_error", "detail": "HTTP 500"}
    assert failing.items() >= (queries | cause).items()
    assert recovered.items() >= (queries | {"msg": "queries recovered", "failed_for_seconds": 45.0}).items()


@in_virtual_time
async def test_closing_cancels_calls_and_closes_connections() -> None:
    api = Api({HOUR: NEVER})
    shop = collector(api, [HOUR])
    scraping = asyncio.create_task(scrape(shop, budget=60))
    await asyncio.sleep(1)
    await shop.aclose()
    assert failures(await scraping) == {"stats/lasth": Reason.TIMEOUT}
    assert (now(), api.closed, api.running) == (1, True, [])


DELAYS = st.sampled_from([0.0, 0.1, 0.9, 1.1, 4.0, NEVER])
ERRORS = st.sampled_from([HTTP_500, RateLimitedError("HTTP 429", 2.0), ZeroDivisionError()])
SCRAPES = st.tuples(st.floats(0, 20), st.floats(0.005, 9.5), st.none() | st.floats(0, 9))


@given(
    scrapes=st.lists(SCRAPES, min_size=1, max_size=12),
    behaviour=st.lists(st.tuples(DELAYS, st.none() | ERRORS), min_size=1, max_size=8),
    cache_ttl=st.sampled_from([0.0, 3.0]),
)
@in_virtual_time
async def test_no_pattern_of_scrapes_and_faults_breaks_what_a_scrape_promises(
    scrapes: list[tuple[float, float, float | None]],
    behaviour: list[tuple[float, Exception | None]],
    cache_ttl: float,
) -> None:
    """Scrapes of (start, budget, patience); the API's nth call of a query takes the nth (delay, error), in turn."""

    class Moody(Api):
        async def fetch(self, request: Request, /) -> Stats:
            delay, error = behaviour[len(self.times(request)) % len(behaviour)]
            self.delay[request] = delay
            self.error = {request: error} if error else {}
            assert request not in self.running, "more than one call of a query"
            return await super().fetch(request)

    api = Moody()
    shop = collector(api, [HOUR], cache_ttl=cache_ttl)

    async def scraping(start: float, budget: float, patience: float | None) -> None:
        await asyncio.sleep(start)
        deadline = now() + budget
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                snapshot = await shop.collect(deadline)
            assert now() <= deadline + 1e-6, "a late page"
            oldest = min(requests(snapshot).values(), default=math.inf)
            assert oldest >= start - cache_ttl - 1e-6, "a value older than its scrape"

    await asyncio.gather(*(scraping(*parameters) for parameters in scrapes))
    await asyncio.sleep(20)
    assert api.running == []


def test_the_time_budget_is_the_least_timeout_less_the_offset() -> None:
    cases: list[tuple[list[str], float]] = [
        ([], 9.5),
        (["5"], 4.5),
        (["60"], 9.5),
        (["0.4"], 0.2),
        (["5", "3"], 2.5),
        (["nan", "-1", "0", "inf", "x", ""], 9.5),
    ]
    assert [(given, time_budget(given, 10, 0.5)) for given, _ in cases] == cases
