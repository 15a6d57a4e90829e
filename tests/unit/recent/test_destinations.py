from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.api.records import Record
from betatel_exporter.api.vocabulary import Status
from betatel_exporter.recent.destinations import MAX_LINGERING, DestinationCounts, Shown, by_destination

NOW = 1_700_000_000.0

Messages = Mapping[str, int]
"""How many messages to each network."""


def record(network: str, person: str, status: Status = Status.FAILED) -> Record:
    country = "other" if network == "other" else "Croatia"
    return Record.model_construct(
        uuid="", person=person.encode(), status=status, country=country, network=network, created=NOW
    )


def counted(records: Sequence[Record], most: int) -> dict[str, DestinationCounts]:
    counts, _ = by_destination(records, most, {}, NOW)
    return {destination.network: count for destination, count in counts.items()}


def sizes(scrapes: Sequence[Messages], most: int, every: float = 0) -> dict[str, int]:
    """Messages by network at the last of some scrapes."""
    shown: Shown = {}
    for number, messages in enumerate(scrapes):
        records = [record(network, str(n)) for network, size in messages.items() for n in range(size)]
        counts, shown = by_destination(records, most, shown, NOW + number * every)
    return {destination.network: sum(counts[destination].messages.values()) for destination in counts}


@pytest.mark.parametrize(
    ("messages", "most", "expected"),
    [
        ({"A": 5, "B": 4, "C": 3, "D": 2}, 2, {"A": 5, "B": 4, "other": 5}),
        ({"A": 5, "B": 1, "other": 9}, 1, {"A": 5, "other": 10}),
        ({"A": 5, "other": 9}, 1, {"A": 5, "other": 9}),
        ({"A": 5, "B": 4}, 2, {"A": 5, "B": 4}),
    ],
)
def test_the_largest_have_series_of_their_own_and_the_rest_is_one(
    messages: Messages, most: int, expected: Messages
) -> None:
    assert sizes([messages], most) == expected


def test_recipients_are_counted_once_in_a_destination_and_reached_by_any_message() -> None:
    tries = [record("A", person) for person in "123"]
    tries += [record("A", "1", Status.READ), record("A", "2", Status.DELIVERED), record("A", "2")]
    (count,) = counted(tries, most=1).values()
    assert (count.reached, count.unreached) == (2, 1)
    statuses = {Status.READ: 1, Status.DELIVERED: 1, Status.FAILED: 4}
    assert dict(count.messages) == dict.fromkeys(Status, 0) | statuses
    assert counted([record("A", "1"), record("B", "1")], most=0)["other"].unreached == 1


def test_a_destination_keeps_its_series_for_an_hour() -> None:
    first = {"A": 5, "B": 1}
    year = 365 * 86400.0
    cases: dict[str, tuple[list[Messages], float, Messages]] = {
        "another is larger": ([first, {"A": 1, "B": 5}], 1800, {"A": 1, "B": 5, "other": 0}),
        "no message is left": ([first, {"B": 5}], 3599, {"A": 0, "B": 5, "other": 0}),
        "an hour has passed": ([first, {"A": 1, "B": 5}], 3600, {"B": 5, "other": 1}),
        "the rest is gone": ([first, {"A": 5}], 60, {"A": 5, "other": 0}),
        "the clock is set back": ([first, {"B": 5}, {"B": 5}], -year, {"A": 0, "B": 5, "other": 0}),
    }
    for name, (scrapes, every, expected) in cases.items():
        assert sizes(scrapes, 1, every) == expected, name


def test_destinations_that_change_with_every_scrape_have_a_limit() -> None:
    scrapes = [{f"{scrape}-{place}": 3 for place in range(20)} for scrape in range(200)]
    assert len(sizes(scrapes, most=20, every=15)) <= 20 + MAX_LINGERING


@given(
    st.lists(st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 5)), min_size=1, max_size=5),
    st.integers(0, 4),
)
def test_no_message_is_lost_or_counted_twice(scrapes: list[dict[str, int]], most: int) -> None:
    assert sum(sizes(scrapes, most, 60).values()) == sum(scrapes[-1].values())
