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
from betatel_exporter.api.vocabulary import Status
from betatel_exporter.recent import Recent, RecentQuery
from betatel_exporter.recent.listing import Count
from betatel_exporter.recent.pages import Extent, choose_pages
from tests.support.provider import KEY, NOW, Message, Provider, counted, messages, period, shown

QUERY = RecentQuery(KEY)


def evenly(records: int, first: float = 120.0, last: float = 1800.0) -> list[float]:
    step = (last - first) / max(1, records - 1)
    return [first + step * place for place in range(records)]


def arrivals(random: Random, per_hour: float, seconds: float) -> list[float]:
    gaps = (random.expovariate(per_hour / 3600) for _ in range(int(per_hour * seconds / 3600)))
    return [round(at, 3) for at in accumulate(gaps)]


def later(records: int, ages: list[float]) -> list[Message]:
    """New messages, beside those of `messages`."""
    return [Message(str(10_000 + serial), NOW - ages[serial]) for serial in range(records)]


def pages(provider: Provider, *numbers: int) -> list[Page]:
    return [PageRequest(number, KEY).parse(provider.answer(number)) for number in numbers]


def total(counts: dict[tuple[str, str], tuple[dict[str, int], int, int]]) -> int:
    return sum(sum(by_status.values()) for by_status, _, _ in counts.values())


def read(recent: Recent) -> int:
    return total(shown(recent))


EDGES = [0, 119.999, 120, 120.001, 1799.999, 1800, 1800.001, 21_600, 21_600.001]
WORLDS = st.lists(
    st.builds(
        Message,
        uuid=st.just("0"),
        at=st.one_of(
            st.sampled_from(EDGES),
            st.integers(0, 25_000_000).map(lambda milliseconds: milliseconds / 1000),
            st.integers(0, 2000),
        ).map(lambda age: NOW - age),
        person=st.integers(0, 30),
        status=st.sampled_from([*Status]),
        country=st.sampled_from(["Croatia", "Serbia"]),
        network=st.sampled_from(["North", "South"]),
    ),
    max_size=350,
).map(lambda drawn: [replace(message, uuid=str(serial)) for serial, message in enumerate(drawn)])


@given(WORLDS)
def test_the_counts_are_those_of_the_records_that_the_api_holds(world: list[Message]) -> None:
    recent = Provider(world).settled(RecentQuery(KEY, pages=20))
    assert shown(recent) == counted(world)
    assert recent.period == pytest.approx(period(world), abs=1e-6)
    assert recent.coverage == 1


STEPS = st.tuples(
    st.floats(0, 4000),  # seconds until the next scrape
    st.integers(0, 400),  # messages since the last one
    st.floats(0, 1),  # share of the oldest messages that are deleted
    st.floats(-200, 4000),  # seconds over which the messages are spread, back from now
)


@settings(max_examples=50)
@given(st.lists(STEPS, min_size=1, max_size=6), st.integers(1, 5), st.sampled_from([0.0, 120.0, 1200.0]))
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
        assert read(recent) <= sum(settle <= age <= recent.period for age in ages)


def test_as_many_pages_are_read_as_the_period_needs_from_where_it_begins() -> None:
    burst = [*evenly(95, 1, 60), *evenly(10, 2000, 2100), *evenly(10, 4000, 4100)]
    cases: list[tuple[list[float], list[int], int, float]] = [
        *((evenly(records), [1], records, 1) for records in (0, 1, 99, 100)),
        *((evenly(records), [1, 2], records, 1) for records in (101, 200)),
        *((evenly(records), [1, 2, 3], records, 1) for records in (201, 300)),
        (evenly(301), [1, 2, 3], 300, 300 / 301),
        (evenly(399), [1, 3, 4], 299, 299 / 399),
        (evenly(400), [1, 3, 4], 300, 0.75),
        (evenly(1000), [1, 5, 10], 300, 0.3),
        ([*evenly(250, 0, 100), *evenly(200)], [3, 4, 5], 200, 1),  # none of the first 250 is settled
        (burst, [1, 2], 20, 1),  # the newest twenty reach behind it
    ]
    for ages, asked, records, coverage in cases:
        provider = Provider(messages(ages))
        recent = provider.settled(QUERY)
        assert (provider.asked, read(recent)) == (asked, records), len(ages)
        assert recent.coverage == pytest.approx(coverage, abs=1e-3), len(ages)


def test_the_first_scrape_reads_the_first_page_alone() -> None:
    provider = Provider(messages(evenly(300, 0)))
    recent = provider.scrape(QUERY, None)
    assert (provider.asked, read(recent), recent.period) == ([1], 80, 1800)
    assert recent.coverage == pytest.approx(80 / 280, rel=0.01)


def test_a_record_on_two_pages_counts_once() -> None:
    provider = Provider(messages(evenly(250)))
    previous = provider.settled(QUERY)
    serials = count(1000)
    provider.between = lambda: provider.messages.extend(
        Message(str(next(serials)), NOW - 1, 9000) for _ in range(7)
    )
    recent = provider.scrape(QUERY, previous)
    assert (provider.asked, read(recent), recent.coverage) == ([1, 2, 3], 250, 1)


def test_records_between_two_pages_that_drift_apart_lower_the_coverage() -> None:
    provider = Provider(messages(evenly(290)))
    previous = provider.settled(QUERY)
    older = pages(provider, 2, 3)
    provider.messages += later(10, [1.0] * 10)
    recent = QUERY.value([*pages(provider, 1), *older], previous, NOW)
    assert read(recent) == 280
    assert recent.coverage == pytest.approx(280 / 290)


def test_records_come_newest_first_and_in_any_order_at_the_same_time() -> None:
    random = Random(1)  # noqa: S311 - reproducible

    def reordered(ages: list[float]) -> list[Page]:
        newest, older = pages(Provider(messages(ages)), 1, 2)
        return [replace(newest, records=random.sample(newest.records, 100)), older]

    with pytest.raises(InvalidResponseError, match="newest first"):
        QUERY.value(reordered(evenly(200)), None, NOW)
    newest, older = pages(Provider(messages(evenly(200))), 1, 2)
    with pytest.raises(InvalidResponseError, match="newest first"):
        QUERY.value([replace(newest, number=2), replace(older, number=1)], None, NOW)
    same = [600.0] * 150
    assert read(QUERY.value(reordered(same), Provider(messages(same)).settled(QUERY), NOW)) == 150


def test_pages_past_the_end_are_empty_and_the_next_scrape_begins_anew() -> None:
    provider = Provider(messages(evenly(290)))
    previous = provider.settled(QUERY)
    del provider.messages[:200]
    recent = provider.scrape(QUERY, previous)
    assert (provider.asked, read(recent), recent.coverage) == ([1, 2, 3], 90, 1)
    provider = Provider(messages(evenly(2000, 0)))
    previous = provider.settled(QUERY)
    del provider.messages[50:]
    past_the_end = provider.scrape(QUERY, previous)
    assert min(provider.asked) > 1
    assert (read(past_the_end), past_the_end.coverage) == (0, 0)
    following = provider.scrape(QUERY, past_the_end)
    assert (provider.asked, read(following)) == ([1], total(counted(provider.messages)))
    assert following.coverage == 1


def test_traffic_that_grows_tenfold_is_covered_less_for_one_scrape_and_the_ratio_says_so() -> None:
    random = Random(1)  # noqa: S311 - reproducible
    provider = Provider(messages(arrivals(random, 500, 4000)))
    before = provider.settled(QUERY)
    ages = [-at for at in arrivals(random, 5000, 240)]
    provider.messages += later(len(ages), ages)
    expected = total(counted(provider.messages, NOW + 240))
    first = provider.scrape(QUERY, before, NOW + 240)
    second = provider.scrape(QUERY, first, NOW + 240)
    for recent in (first, second):
        assert recent.coverage == pytest.approx(read(recent) / expected, rel=0.1)
    assert before.coverage > 0.95
    assert first.coverage < 0.7
    assert first.coverage < second.coverage


def test_a_burst_that_fills_the_pages_is_known_at_the_next_scrape() -> None:
    provider = Provider(messages(evenly(150)))
    before = provider.settled(QUERY)
    provider.messages += later(1000, [-10 - serial / 100 for serial in range(1000)])
    first = provider.scrape(QUERY, before, NOW + 30)
    assert (read(first), first.coverage) == (0, 0)
    second = provider.scrape(QUERY, first, NOW + 30)
    assert provider.asked == [11, 12]
    assert shown(second) == counted(provider.messages, NOW + 30)


def test_a_sample_of_busy_traffic_is_fair_to_every_network() -> None:
    """A thousand scrapes, a minute apart, at 20,000 messages an hour; networks come and go by the minute."""
    random = Random(1)  # noqa: S311 - reproducible
    weights = (400, 200, 150, 90, 60, 50, 30, 15, 5)
    networks = random.choices(range(len(weights)), weights, k=1000 * 333 + 10_000)
    extent = Extent(NOW, 10**6, Count(120, 667), Count(1800, 10_000), Count(1800, 10_000))
    counts = Counter[int]()
    for scrape in range(1000):
        for page in choose_pages(extent, 3):
            start = scrape * 333 + (page - 1) * 100
            counts.update(networks[start : start + 100])
    for network, weight in enumerate(weights):
        share = weight / 1000
        error = math.sqrt(share * (1 - share) / counts.total())
        assert counts[network] / counts.total() == pytest.approx(share, abs=4 * error)


def test_nothing_of_a_record_is_in_a_representation() -> None:
    (message,) = world = messages([600.0])
    request = QUERY.requests(None, NOW)[0]
    page = request.parse(Provider(world).answer(1))
    (record,) = page.records
    text = repr([QUERY, request, page, record, QUERY.value([page], None, NOW)])
    hidden = [message.number, message.code, KEY.hex(), repr(KEY), record.person.hex(), repr(record.person)]
    assert [secret for secret in hidden if secret in text] == []
