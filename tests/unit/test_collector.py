"""One account's collector, on a loop whose time passes only while it waits."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.api.errors import InvalidResponseError, RateLimitedError, Reason, ServerError
from betatel_exporter.api.models import Query, RecordsQuery, Request, Stats, StatsQuery, Value
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.collector import MIN_CALL_SECONDS, TIMED_OUT, Collector, time_budget
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.results import Failure, Snapshot
from tests.support.virtual_time import run

EPOCH = 1_700_000_000.0
HOUR = StatsQuery(Window.LAST_HOUR)
DAY = StatsQuery(Window.LAST_24_HOURS)
FAILED = RecordsQuery(Status.FAILED)


def now() -> float:
    return asyncio.get_running_loop().time()


class Api:
    """Answers after a delay with the time of the request, or as a test says."""

    def __init__(self) -> None:
        self.delay: dict[Request, float] = {}
        self.error: dict[Request, Exception] = {}
        self.sent: list[tuple[Request, float]] = []
        self.running: dict[Request, int] = {}
        self.most_at_once = 0
        self.closed = False

    async def fetch(self, request: Request, /) -> Stats:
        self.sent.append((request, now()))
        self.running[request] = self.running.get(request, 0) + 1
        self.most_at_once = max(self.most_at_once, sum(self.running.values()))
        try:
            await asyncio.sleep(self.delay.get(request, 0.1))
        finally:
            self.running[request] -= 1
        if request in self.error:
            raise self.error[request]
        return Stats(now(), 0, {"EUR": 0})

    async def aclose(self) -> None:
        self.closed = True


def collector(
    api: Api,
    queries: Sequence[Query] = (HOUR, FAILED),
    *,
    slots: FairSemaphore | None = None,
    max_concurrency: int = 16,
    cache_ttl: float = 0.0,
) -> Collector:
    return Collector(
        "shop",
        queries,
        api,
        slots=slots or FairSemaphore(200, len(Operation)),
        max_concurrency=max_concurrency,
        cache_ttl=cache_ttl,
        call_budget=9.5,
        clock=lambda: EPOCH + now(),
    )


async def at(
    start: float, collecting: Callable[[float], Coroutine[Any, Any, Snapshot]], budget: float
) -> Snapshot:
    await asyncio.sleep(start - now())
    return await collecting(now() + budget)


def failures(snapshot: Snapshot) -> dict[str, Reason]:
    return {result.query.name: result.failure.reason for result in snapshot.results if result.failure}


def requests(snapshot: Snapshot) -> dict[str, float]:
    return {
        result.query.name: result.outcome.requests
        for result in snapshot.results
        if isinstance(result.outcome, Stats)
    }


def test_a_scrape_has_a_result_for_every_query_in_order() -> None:
    async def scenario() -> None:
        api = Api()
        api.error[FAILED] = ServerError("HTTP 500")
        api.delay[DAY] = 1e6
        snapshot = await collector(api, [DAY, FAILED, HOUR]).collect(5)
        assert [result.query.name for result in snapshot.results] == [DAY.name, FAILED.name, HOUR.name]
        assert [result.outcome for result in snapshot.results] == [
            TIMED_OUT,
            Failure(Reason.SERVER_ERROR, "HTTP 500"),
            Stats(0.1, 0, {"EUR": 0}),
        ]
        assert not snapshot.up
        assert snapshot.last_success == {"stats/lasth": EPOCH + 0.1}
        assert now() == 5

    run(scenario())


def test_overlapping_scrapes_share_calls_and_each_is_answered() -> None:
    async def scenario() -> None:
        api = Api()
        shop = collector(api)
        first, second = await asyncio.gather(at(0, shop.collect, 5), at(0.05, shop.collect, 5))
        assert len(api.sent) == 2
        assert first.up
        assert requests(first) == requests(second)

    run(scenario())


def test_a_hung_request_freezes_nothing_while_scrapers_overlap() -> None:
    async def scenario() -> None:
        api = Api()
        api.delay[FAILED] = 1e6
        shop = collector(api)
        collecting = [
            asyncio.create_task(at(second * 1.5, shop.collect, 2.5)) for second in range(10)
        ]  # two scrapers 1.5 s apart, each every 3 s
        await asyncio.sleep(6)
        api.delay[FAILED] = 0.1
        snapshots = await asyncio.gather(*collecting)
        for number, snapshot in enumerate(snapshots):
            assert requests(snapshot)["stats/lasth"] >= number * 1.5
        assert [snapshot.up for snapshot in snapshots[-4:]] == [True] * 4
        assert max(api.running.values()) == 0

    run(scenario())


def test_a_scraper_that_leaves_cancels_nothing() -> None:
    async def scenario() -> None:
        api = Api()
        api.delay[HOUR] = 2
        shop = collector(api, [HOUR])
        scrape = asyncio.create_task(shop.collect(5))
        await asyncio.sleep(1)
        scrape.cancel()
        assert (await shop.collect(now() + 5)).up
        assert len(api.sent) == 1

    run(scenario())


def test_a_scraper_with_less_time_leaves_and_the_other_gets_the_value() -> None:
    async def scenario() -> None:
        api = Api()
        api.delay[HOUR] = 3
        shop = collector(api, [HOUR])
        patient, hurried = await asyncio.gather(at(0, shop.collect, 5), at(1, shop.collect, 1))
        assert patient.up
        assert failures(hurried) == {"stats/lasth": Reason.TIMEOUT}
        assert len(api.sent) == 1

    run(scenario())


def test_a_joined_call_that_ends_early_is_asked_anew_once() -> None:
    async def scenario() -> None:
        api = Api()
        api.delay[HOUR] = 3
        shop = collector(api, [HOUR])
        hurried, patient = await asyncio.gather(at(0, shop.collect, 2), at(1, shop.collect, 9))
        assert failures(hurried) == {"stats/lasth": Reason.TIMEOUT}
        assert patient.up
        assert [time for _, time in api.sent] == [0, 2]

    run(scenario())


def test_a_tiny_time_budget_does_not_multiply_calls() -> None:
    async def scenario() -> None:
        api = Api()
        api.delay[HOUR] = 1e6
        shop = collector(api, [HOUR])
        for _ in range(250):
            await shop.collect(now() + 0.02)
        assert now() == pytest.approx(5)
        assert len(api.sent) == 5 / MIN_CALL_SECONDS

    run(scenario())


def test_only_successes_are_shown_again_for_the_cache_ttl() -> None:
    async def scenario() -> None:
        api = Api()
        api.error[FAILED] = ServerError("HTTP 500")
        shop = collector(api, cache_ttl=60)
        for start in (0, 30, 61):
            await at(start, shop.collect, 5)
        assert [time for request, time in api.sent if request == HOUR] == [0, 61]
        assert [time for request, time in api.sent if request == FAILED] == [0, 30, 61]

    run(scenario())


def test_any_exception_is_a_failure_of_its_query_and_over_with_the_next_scrape(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(error: Exception) -> None:
        api = Api()
        api.error[FAILED] = error
        shop = collector(api)
        for _ in range(3):
            snapshot = await shop.collect(now() + 5)
            assert failures(snapshot) == {"tdr/FAILED": Reason.INTERNAL}
            assert requests(snapshot)
        del api.error[FAILED]
        assert (await shop.collect(now() + 5)).up

    for error in (MemoryError(), ZeroDivisionError(), RecursionError(), UnicodeError()):
        caplog.clear()
        run(scenario(error))
        tracebacks = [record for record in caplog.records if record.exc_info]
        assert len(tracebacks) == 1, "logged once, not at every scrape"


def test_a_cool_down_sends_nothing_until_it_ends() -> None:
    async def scenario() -> None:
        api = Api()
        api.error[HOUR] = RateLimitedError("HTTP 429", retry_after=30)
        shop = collector(api)
        assert (await shop.collect(5)).cooldown_until == pytest.approx(EPOCH + 30.1)
        del api.error[HOUR]
        during = await at(29, shop.collect, 5)
        assert failures(during) == dict.fromkeys(["stats/lasth", "tdr/FAILED"], Reason.RATE_LIMITED)
        assert len(api.sent) == 2
        after = await at(30.2, shop.collect, 5)
        assert after.up
        assert after.cooldown_until is None

    run(scenario())


def test_a_cool_down_also_stops_calls_that_wait_for_a_slot() -> None:
    async def scenario() -> None:
        api = Api()
        api.error[FAILED] = RateLimitedError("HTTP 429", retry_after=30)
        queries = [FAILED, RecordsQuery(Status.READ)]
        await collector(api, queries, max_concurrency=2).collect(5)
        assert [request for request, _ in api.sent] == [FAILED]

    run(scenario())


def test_a_rate_limit_without_retry_after_starts_no_cool_down() -> None:
    async def scenario() -> None:
        api = Api()
        api.error[HOUR] = RateLimitedError("HTTP 429")
        shop = collector(api, [HOUR])
        await shop.collect(5)
        await shop.collect(now() + 5)
        assert len(api.sent) == 2

    run(scenario())


def test_calls_at_once_are_limited_for_an_account_and_for_the_process() -> None:
    async def scenario(slots: int, max_concurrency: int) -> None:
        api = Api()
        queries = [RecordsQuery(status) for status in Status]
        shop = collector(api, queries, slots=FairSemaphore(slots, 2), max_concurrency=max_concurrency)
        assert (await shop.collect(5)).up
        assert api.most_at_once == 2

    run(scenario(200, 3))  # one of three is kept for the other operation
    run(scenario(3, 16))


def test_accounts_that_hang_leave_the_others_whole_and_in_time() -> None:
    async def scenario(hung: set[int], slow: Sequence[StatsQuery | RecordsQuery]) -> None:
        slots = FairSemaphore(200, 100 * len(Operation))
        queries: list[Query] = [StatsQuery(window) for window in Window][:3] + [
            RecordsQuery(s) for s in Status
        ]
        apis = [Api() for _ in range(100)]
        for number in hung:
            apis[number].delay.update(dict.fromkeys(slow, 1e6))
        shops = [collector(api, queries, slots=slots) for api in apis]
        for start in (0, 5):  # the second scrape arrives while the calls of the first still hang
            snapshots = await asyncio.gather(*(at(start, shop.collect, 9.5) for shop in shops))
            for number, snapshot in enumerate(snapshots):
                expected = {query.name for query in slow} if number in hung else set()
                assert set(failures(snapshot)) == expected, number

    everything: list[StatsQuery | RecordsQuery] = [
        *(StatsQuery(window) for window in list(Window)[:3]),
        *(RecordsQuery(status) for status in Status),
    ]
    run(scenario(set(range(30)), everything))
    run(scenario(set(range(70, 100)), everything))
    run(scenario(set(range(100)), [RecordsQuery(status) for status in Status]))


def test_a_query_of_several_requests_fails_with_the_first_of_them() -> None:
    class Pages:
        name = "tdr/recent"

        def requests(self, previous: Value | None, now: float) -> Sequence[Request]:
            assert now == EPOCH
            assert previous is None
            return [RecordsQuery(Status.READ), FAILED, RecordsQuery(Status.SENT)]

        def value(self, answers: Sequence[Any], _previous: Value | None, _now: float) -> Value:
            raise InvalidResponseError(f"{len(answers)} pages contradict each other")

    async def scenario() -> None:
        api = Api()
        snapshot = await collector(api, [Pages()]).collect(5)
        (result,) = snapshot.results
        assert result.outcome == Failure(Reason.INVALID_RESPONSE, "3 pages contradict each other")
        api.sent.clear()
        api.delay[RecordsQuery(Status.READ)] = 1e6
        api.error[FAILED] = ServerError("HTTP 500")
        shop = collector(api, [Pages()])
        shop._clock = lambda: EPOCH
        (result,) = (await shop.collect(now() + 5)).results
        assert result.outcome == Failure(Reason.SERVER_ERROR, "HTTP 500")
        assert sum(api.running.values()) == 0

    run(scenario())


def test_one_cause_is_one_log_line_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        api = Api()
        shop = collector(api)
        api.error = {HOUR: ServerError("HTTP 500"), FAILED: ServerError("HTTP 500")}
        for start in (0, 15, 30):
            await at(start, shop.collect, 5)
        api.error.clear()
        await at(45, shop.collect, 5)

    caplog.set_level(logging.INFO, logger="betatel_exporter")
    run(scenario())
    failing, recovered = caplog.records
    assert failing.getMessage() == "queries failing"
    assert (
        vars(failing).items()
        >= {
            "account": "shop",
            "queries": "stats/lasth,tdr/FAILED",
            "reason": "server_error",
            "detail": "HTTP 500",
        }.items()
    )
    assert recovered.getMessage() == "queries recovered"
    assert vars(recovered)["failed_for_seconds"] == 45.0


def test_closing_cancels_calls_and_closes_connections() -> None:
    async def scenario() -> None:
        api = Api()
        api.delay[HOUR] = 1e6
        shop = collector(api)
        scrape = asyncio.create_task(shop.collect(60))
        await asyncio.sleep(1)
        scrape.cancel()
        await shop.aclose()
        assert api.closed
        assert sum(api.running.values()) == 0

    run(scenario())


ERRORS: list[Exception] = [ServerError("HTTP 500"), RateLimitedError("HTTP 429", 2.0), ZeroDivisionError()]


@given(
    scrapes=st.lists(
        st.tuples(st.floats(0, 20), st.floats(0.005, 9.5), st.none() | st.floats(0, 9)),
        min_size=1,
        max_size=12,
    ),
    behaviour=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.9, 1.1, 4.0, 1e6]), st.none() | st.sampled_from(ERRORS)),
        min_size=1,
        max_size=8,
    ),
    cache_ttl=st.sampled_from([0.0, 3.0]),
)
def test_no_pattern_of_scrapes_and_faults_breaks_what_a_scrape_promises(
    scrapes: list[tuple[float, float, float | None]],
    behaviour: list[tuple[float, Exception | None]],
    cache_ttl: float,
) -> None:
    """Scrapes of (start, budget, hang-up); the API's nth call of a query takes the nth (delay, error), in turn."""

    class Moody(Api):
        def __init__(self) -> None:
            super().__init__()
            self.ended = 0

        async def fetch(self, request: Request, /) -> Stats:
            number = sum(sent == request for sent, _ in self.sent)
            delay, error = behaviour[number % len(behaviour)]
            self.delay[request] = delay
            self.error.pop(request, None)
            if error:
                self.error[request] = error
            assert self.running.get(request, 0) == 0, "more than one call of a query"
            try:
                return await super().fetch(request)
            finally:
                self.ended += 1

    async def scenario() -> None:
        api = Moody()
        shop = collector(api, cache_ttl=cache_ttl)

        async def scrape(start: float, budget: float, patience: float | None) -> None:
            await asyncio.sleep(start)
            deadline = now() + budget
            try:
                async with asyncio.timeout(patience):
                    snapshot = await shop.collect(deadline)
            except TimeoutError:
                return
            assert now() <= deadline + 1e-6, "a late page"
            for value in requests(snapshot).values():
                assert value >= start - cache_ttl - 1e-6, "a value older than its scrape"

        await asyncio.gather(*(scrape(*parameters) for parameters in scrapes))
        await asyncio.sleep(10)
        assert sum(api.running.values()) == 0
        assert api.ended == len(api.sent)

    run(scenario())


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
