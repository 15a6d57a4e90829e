from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.api.records import Record
from betatel_exporter.api.vocabulary import Status
from betatel_exporter.recent.destinations import MAX_LINGERING, REST, Destination, Shown, by_destination

NOW = 1_700_000_000.0


def records(messages: Mapping[str, int]) -> list[Record]:
    """So many messages to each network, every one to another person, of whom every second is reached."""
    return [
        Record.model_construct(
            uuid=f"{network}{serial}",
            person=f"{network}{serial}".encode(),
            status=Status.READ if serial % 2 else Status.FAILED,
            country="other" if network == "other" else "Croatia",
            network=network,
            created=NOW,
        )
        for network, count in messages.items()
        for serial in range(count)
    ]


def sizes(
    messages: Mapping[str, int], most: int, shown: Shown | None = None, now: float = NOW
) -> dict[str, int]:
    counts, _ = by_destination(records(messages), most, shown or {}, now)
    return {destination.network: sum(counts[destination].messages.values()) for destination in counts}


def after(scrapes: Sequence[Mapping[str, int]], most: int, every: float) -> dict[str, int]:
    shown: Shown = {}
    for number, messages in enumerate(scrapes):
        counts, shown = by_destination(records(messages), most, shown, NOW + number * every)
    return {destination.network: sum(counts[destination].messages.values()) for destination in counts}


def test_the_largest_have_series_of_their_own_and_the_rest_is_one() -> None:
    assert sizes({"A": 5, "B": 4, "C": 3, "D": 2}, most=2) == {"A": 5, "B": 4, "other": 5}


def test_destinations_that_are_other_already_are_part_of_the_rest() -> None:
    assert sizes({"A": 5, "B": 1, "other": 9}, most=1) == {"A": 5, "other": 10}
    assert sizes({"A": 5, "other": 9}, most=1) == {"A": 5, "other": 9}


def test_without_a_rest_there_is_no_other() -> None:
    assert sizes({"A": 5, "B": 4}, most=2) == {"A": 5, "B": 4}


def test_every_status_is_there_with_its_zeros() -> None:
    counts, _ = by_destination(records({"A": 3}), 1, {}, NOW)
    ((_, count),) = counts.items()
    assert dict(count.messages) == dict.fromkeys(Status, 0) | {Status.READ: 1, Status.FAILED: 2}
    assert (count.reached, count.unreached) == (1, 2)


def test_a_person_who_tries_again_is_one_and_reached_by_any_message() -> None:
    tries = records({"A": 6})
    for record, person in zip(tries, (b"1", b"1", b"1", b"2", b"3", b"2"), strict=True):
        object.__setattr__(record, "person", person)
    counts, _ = by_destination(tries, 1, {}, NOW)
    count = counts[Destination("Croatia", "A")]
    assert (count.reached, count.unreached) == (2, 1)


def test_a_person_in_two_destinations_of_the_rest_is_one_there() -> None:
    two = records({"A": 1, "B": 1})
    for record in two:
        object.__setattr__(record, "person", b"1")
    counts, _ = by_destination(two, 0, {}, NOW)
    assert counts[REST].unreached == 1


def test_a_destination_keeps_its_series_for_an_hour() -> None:
    first = {"A": 5, "B": 1}
    cases = {
        "another is larger": ([first, {"A": 1, "B": 5}], 1800, {"A": 1, "B": 5, "other": 0}),
        "no message is left": ([first, {"B": 5}], 3599, {"A": 0, "B": 5, "other": 0}),
        "an hour has passed": ([first, {"A": 1, "B": 5}], 3600, {"B": 5, "other": 1}),
        "the rest is gone": ([first, {"A": 5}], 60, {"A": 5, "other": 0}),
        "the clock is set back a year": (
            [first, {"B": 5}, {"B": 5}],
            -365 * 86400.0,
            {"A": 0, "B": 5, "other": 0},
        ),
    }
    for name, (scrapes, every, expected) in cases.items():
        assert after(scrapes, 1, every) == expected, name


def test_destinations_that_change_with_every_scrape_have_a_limit() -> None:
    scrapes = [{f"{scrape}-{place}": 3 for place in range(20)} for scrape in range(200)]
    assert len(after(scrapes, most=20, every=15)) <= 20 + MAX_LINGERING


@given(
    st.lists(st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 5)), min_size=1, max_size=5),
    st.integers(0, 4),
)
def test_no_message_is_lost_or_counted_twice(scrapes: list[dict[str, int]], most: int) -> None:
    assert sum(after(scrapes, most, 60).values()) == sum(scrapes[-1].values())
