import re
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.messages import Message, record_fields
from betatel_exporter.simulator.networks import NETWORKS, Network

FIELDS = record_fields(seed=1)

messages = st.builds(
    Message,
    serial=st.integers(1, 2**40),
    created=st.integers(0, 2**41).map(lambda milliseconds: milliseconds / 1000),
    network=st.sampled_from(NETWORKS),
    ttl=st.just(300),
    course=st.just(()),
)


def message(serial: int, created: float, network: Network = NETWORKS[0]) -> Message:
    return Message(serial, created, network, 300, ())


@given(messages)
def test_every_record_has_the_shapes_of_the_reference_page(message: Message) -> None:
    record = {name: value(message) for name, value in FIELDS.items()}
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", str(record["uuid"]))
    assert re.fullmatch(r"\+[1-9]\d{7,14}", str(record["to"]))
    assert str(record["to"]).startswith(f"+{record['country_code']}")
    assert re.fullmatch(r"\d{6}", str(record["code"]))
    assert re.fullmatch(r"\d{15}", str(record["request_id"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(record["timestamp"]))
    assert datetime.fromisoformat(str(record["timestamp"])).timestamp() == message.created


def test_numbers_are_told_from_real_ones_by_three_zeros() -> None:
    numbers = [str(FIELDS["to"](message(serial, 0, network))) for serial, network in enumerate(NETWORKS)]
    assert all(number[-7:-4] == "000" for number in numbers)


def test_identities_are_those_of_the_seed_and_the_serial() -> None:
    ours, theirs = record_fields(seed=1), record_fields(seed=2)
    first, second = message(1, 1000.0), message(2, 1000.0)
    for name in ("uuid", "code", "request_id"):
        assert FIELDS[name](first) == ours[name](first)
        assert FIELDS[name](first) != theirs[name](first)
        assert FIELDS[name](first) != FIELDS[name](second)


def test_uuids_sort_by_the_time_of_creation() -> None:
    uuids = [FIELDS["uuid"](message(serial, 1_700_000_000 + serial / 100)) for serial in range(100)]
    assert uuids == sorted(uuids)
