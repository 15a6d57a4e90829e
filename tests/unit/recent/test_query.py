import math
from collections import Counter
from dataclasses import replace
from itertools import accumulate, count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.records import Page, PageRequest
from betatel_exporter.recent import RecentQuery
from betatel_exporter.recent.listing import Count
from betatel_exporter.recent.pages import Extent, choose_pages
from tests.support.provider import KEY, NOW, Message, Provider, counted, messages, period, shown

QUERY = RecentQuery(KEY)
STATUSES = ("PENDING", "SENT", "DELIVERED", "READ", "EXPIRED", "REVOKED", "FAILED")


def evenly(records: int, first: float = 120.0, last: float = 1800.0) -> list[float]:
    step = (last - first) / max(1, records - 1)
    return [first + step * place for place in range(records)]


def arrivals(random: Random, per_hour: float, seconds: float) -> list[float]:
    gaps = (random.expovariate(per_hour / 3600) for _ in range(int(per_hour * seconds / 3600)))
    return [round(at, 3) for at in accumulate(gaps)]


def pages(provider: Provider, *numbers: int) -> list[Page]:
    return [PageRequest(number, KEY).parse(provider.answer(number)) for number in numbers]


def read(recent_messages: dict[tuple[str, str], tuple[dict[str, int], int, int]]) -> int:
    return sum(sum(by_status.values()) for by_status, _, _ in recent_messages.values())


worlds = st.lists(
    st.builds(
        Message,
        uuid=st.just("0"),
        at=st.one_of(
            st.sampled_from([0, 119.999, 120, 120.001, 1799.999, 1800, 1800.001, 21_600, 21_600.001]),
            st.integers(0, 25_000_000).map(lambda milliseconds: milliseconds / 1000),
            st.integers(0, 2000),
        ).map(lambda age: NOW - age),
        person=st.integers(0, 30),
        status=st.sampled_from(STATUSES),
        country=st.sampled_from(["Croatia", "Serbia"]),
        network=st.sampled_from(["North", "South"]),
    ),
    max_size=350,
).map(lambda drawn: [replace(message, uuid=str(serial)) for serial, message in enumerate(drawn)])


@given(worlds)
def test_the_counts_are_those_of_the_records_that_the_api_holds(world: list[Message]) -> None:
    recent = Provider(world).settled(RecentQuery(KEY, pages=20))
    assert shown(recent) == counted(world)
    assert recent.period == pytest.approx(period(world), abs=1e-6)
    assert recent.coverage == 1


steps = st.tuples(
    st.floats(0, 4000),  # seconds until the next scrape
    st.integers(0, 400),  # messages since the last one
    st.floats(0, 1),  # share of the oldest messages that are deleted
    st.floats(-200, 4000),  # seconds over which the messages are spread, back from now
)


@settings(max_examples=50)
@given(
    st.lists(steps, min_size=1, max_size=6),
    st.integers(1, 5),
    st.sampled_from([0.0, 120.0, 1200.0]),
)
def test_whatever_the_traffic_does_the_counts_are_of_messages_that_exist(
    history: list[tuple[float, int, float, float]], most: int, settle: float
) -> None:
    query, provider, now = RecentQuery(KEY, most, settle), Provider(), NOW
    recent, serials = None, count()
    for passed, arrived, deleted, spread in history:
        now += passed
        kept = sorted(provider.messages, key=lambda message: message.at)
        provider.messages = kept[int(len(kept) * deleted) :] if deleted > 0.8 else kept
        provider.messages += [
            Message(str(next(serials)), round(now - spread * place / arrived, 3)) for place in range(arrived)
        ]
        recent = provider.scrape(query, recent, now)
        assert 1 <= len(set(provider.asked)) == len(provider.asked) <= most
        assert min(provider.asked) >= 1
        assert 0 <= recent.coverage <= 1
        assert 1800 <= recent.period <= 21_600
        ages = [now - message.at for message in provider.messages]
        assert read(shown(recent)) <= sum(settle <= age <= recent.period for age in ages)


def test_the_first_scrape_reads_the_first_page_alone() -> None:
    provider = Provider(messages(evenly(300, 0)))
    recent = provider.scrape(QUERY, None)
    assert provider.asked == [1]
    assert (read(shown(recent)), recent.period) == (80, 1800)
    assert recent.coverage == pytest.approx(80 / 280, rel=0.01)


def test_as_many_pages_are_read_as_the_period_needs() -> None:
    results = {}
    for records in (0, 1, 99, 100, 101, 200, 201, 300, 301, 399, 400, 1000):
        provider = Provider(messages(evenly(records)))
        recent = provider.settled(QUERY)
        results[records] = provider.asked, read(shown(recent)), round(recent.coverage, 3)
    assert results == {
        0: ([1], 0, 1),
        1: ([1], 1, 1),
        99: ([1], 99, 1),
        100: ([1], 100, 1),
        101: ([1, 2], 101, 1),
        200: ([1, 2], 200, 1),
        201: ([1, 2, 3], 201, 1),
        300: ([1, 2, 3], 300, 1),
        301: ([1, 2, 3], 300, round(300 / 301, 3)),
        399: ([1, 3, 4], 299, round(299 / 399, 3)),
        400: ([1, 3, 4], 300, 0.75),
        1000: ([1, 5, 10], 300, 0.3),
    }


def test_records_exactly_at_the_edges_of_the_period_count() -> None:
    inside = [120.0, *evenly(20, 130, 1700), 1800.0]
    provider = Provider(messages([*inside, 119.999, 1800.001]))
    recent = provider.settled(QUERY)
    assert (read(shown(recent)), recent.period, recent.coverage) == (len(inside), 1800, 1)


def test_a_quiet_account_is_read_back_to_its_newest_twenty_or_six_hours() -> None:
    cases = {
        "nineteen in half an hour": ([*evenly(19), 5000.0, 6000.0], 5000.0, 20),
        "twenty in half an hour": ([*evenly(20), 5000.0], 1800.0, 20),
        "ties at the twentieth": ([*evenly(19), 5000.0, 5000.0, 5001.0], 5000.0, 21),
        "the twentieth at six hours": ([*evenly(19), 21_600.0], 21_600.0, 20),
        "the twentieth beyond six hours": ([*evenly(19), 21_600.001], 21_600.0, 19),
        "none in six hours": ([22_000.0] * 30, 21_600.0, 0),
        "fewer than twenty at all": ([60.0, 7000.0], 21_600.0, 1),
        "none settled": ([1.0, 2.0], 21_600.0, 0),
    }
    for name, (ages, seconds, counted_messages) in cases.items():
        recent = Provider(messages(ages)).settled(QUERY)
        assert (recent.period, read(shown(recent)), recent.coverage) == (seconds, counted_messages, 1), name


def test_the_newest_twenty_behind_a_burst_are_found_on_the_second_page() -> None:
    provider = Provider(messages([*evenly(95, 1, 60), *evenly(10, 2000, 2100), *evenly(10, 4000, 4100)]))
    first = provider.scrape(QUERY, None)
    assert first.coverage < 1
    second = provider.scrape(QUERY, first)
    assert (provider.asked, read(shown(second)), second.coverage) == ([1, 2], 20, 1)


def test_pages_without_a_settled_message_are_not_read() -> None:
    provider = Provider(messages([*evenly(250, 0, 100), *evenly(200)]))
    recent = provider.settled(QUERY)
    assert (provider.asked, read(shown(recent)), recent.coverage) == ([3, 4, 5], 200, 1)


def test_a_record_on_two_pages_counts_once() -> None:
    provider = Provider(messages(evenly(250)))
    previous = provider.settled(QUERY)
    serials = iter(range(1000, 2000))
    provider.between = lambda: provider.messages.extend(
        Message(str(next(serials)), NOW - 1, 9000) for _ in range(7)
    )
    recent = provider.scrape(QUERY, previous)
    assert provider.asked == [1, 2, 3]
    assert (read(shown(recent)), recent.coverage) == (250, 1)


def test_records_between_two_pages_that_drift_apart_lower_the_coverage() -> None:
    provider = Provider(messages(evenly(290)))
    previous = provider.settled(QUERY)
    _, *older = pages(provider, 1, 2, 3)
    provider.messages += [Message(str(1000 + serial), NOW - 1) for serial in range(10)]
    recent = QUERY.value([*pages(provider, 1), *older], previous, NOW)
    assert read(shown(recent)) == 280
    assert recent.coverage == pytest.approx(280 / 290)


def test_a_list_that_is_not_newest_first_is_an_invalid_response() -> None:
    random = Random(1)  # noqa: S311 - reproducible
    newest, older = pages(Provider(messages(evenly(200))), 1, 2)
    for _ in range(20):
        shuffled = random.sample(newest.records, 100)
        with pytest.raises(InvalidResponseError, match="newest first"):
            QUERY.value([replace(newest, records=shuffled)], None, NOW)
    with pytest.raises(InvalidResponseError, match="newest first"):
        QUERY.value([replace(newest, number=2), replace(older, number=1)], None, NOW)


def test_records_of_the_same_time_may_come_in_any_order() -> None:
    world = messages([600.0] * 150)
    newest, older = pages(Provider(world), 1, 2)
    random = Random(1)  # noqa: S311 - reproducible
    shuffled = replace(newest, records=random.sample(newest.records, 100))
    previous = Provider(world).settled(QUERY)
    assert read(shown(QUERY.value([shuffled, older], previous, NOW))) == 150


def test_a_total_that_falls_costs_no_more_than_the_records_that_are_gone() -> None:
    provider = Provider(messages(evenly(2000, 0)))
    previous = provider.settled(QUERY)
    del provider.messages[50:]
    past_the_end = provider.scrape(QUERY, previous)
    assert max(provider.asked) > 1
    assert (read(shown(past_the_end)), past_the_end.coverage) == (0, 0)
    following = provider.scrape(QUERY, past_the_end)
    assert provider.asked == [1]
    assert (read(shown(following)), following.coverage) == (read(counted(provider.messages)), 1)


def test_pages_past_the_end_are_empty_and_no_fault() -> None:
    provider = Provider(messages(evenly(290)))
    previous = provider.settled(QUERY)
    del provider.messages[:200]
    recent = provider.scrape(QUERY, previous)
    assert provider.asked == [1, 2, 3]
    assert (read(shown(recent)), recent.coverage) == (90, 1)


def test_traffic_that_grows_tenfold_is_covered_less_for_one_scrape_and_the_ratio_says_so() -> None:
    random = Random(1)  # noqa: S311 - reproducible
    provider = Provider(messages(arrivals(random, 500, 4000)))
    before = provider.settled(QUERY)
    assert before.coverage > 0.95
    later = NOW + 240
    provider.messages += [
        Message(str(10_000 + serial), NOW + at) for serial, at in enumerate(arrivals(random, 5000, 240))
    ]
    expected = read(counted(provider.messages, later))
    first = provider.scrape(QUERY, before, later)
    assert first.coverage == pytest.approx(read(shown(first)) / expected, rel=0.1)
    assert first.coverage < 0.7
    second = provider.scrape(QUERY, first, later)
    assert second.coverage == pytest.approx(read(shown(second)) / expected, rel=0.1)
    assert second.coverage > first.coverage


def test_a_burst_that_fills_the_pages_is_known_at_the_next_scrape() -> None:
    provider = Provider(messages(evenly(150)))
    before = provider.settled(QUERY)
    provider.messages += [Message(str(1000 + serial), NOW + 10 + serial / 100) for serial in range(1000)]
    first = provider.scrape(QUERY, before, NOW + 30)
    assert (read(shown(first)), first.coverage) == (0, 0)
    second = provider.scrape(QUERY, first, NOW + 30)
    assert provider.asked == [11, 12]
    assert shown(second) == counted(provider.messages, NOW + 30)


def test_a_sample_of_busy_traffic_is_fair_to_every_network() -> None:
    """A thousand scrapes, a minute apart, at 20,000 messages an hour; networks come and go by the minute."""
    random = Random(1)  # noqa: S311 - reproducible
    weights = dict(enumerate((400, 200, 150, 90, 60, 50, 30, 15, 5)))
    networks = random.choices(list(weights), list(weights.values()), k=1000 * 333 + 10_000)
    extent = Extent(NOW, 10**6, Count(120, 667), Count(1800, 10_000), Count(1800, 10_000))
    counts = Counter[int]()
    for scrape in range(1000):
        for page in choose_pages(extent, 3):
            start = scrape * 333 + (page - 1) * 100
            counts.update(networks[start : start + 100])
    for network, weight in weights.items():
        share = weight / 1000
        error = math.sqrt(share * (1 - share) / counts.total())
        assert counts[network] / counts.total() == pytest.approx(share, abs=4 * error)


def test_nothing_of_a_record_is_in_a_representation() -> None:
    world = messages(evenly(3))
    request = QUERY.requests(None, NOW)[0]
    page = request.parse(Provider(world).answer(1))
    recent = QUERY.value([page], None, NOW)
    texts = [repr(thing) for thing in (QUERY, request, page, *page.records, recent)]
    secrets = [KEY, *(record.person for record in page.records)]
    for text in texts:
        assert not any(message.number in text or message.code in text for message in world)
        assert not any(secret.hex() in text or repr(secret) in text for secret in secrets)
