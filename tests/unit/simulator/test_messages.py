import re
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.messages import Message, Recipient, record_fields
from betatel_exporter.simulator.networks import NETWORKS, Network

FIELDS = record_fields(seed=1)


def message(serial: int, created: float, network: Network = NETWORKS[0], person: int = 0) -> Message:
    return Message(serial, created, Recipient(person or serial, network, 60), 300, ())


messages = st.builds(
    message,
    serial=st.integers(1, 2**40),
    created=st.integers(0, 2**41).map(lambda milliseconds: milliseconds / 1000),
    network=st.sampled_from(NETWORKS),
)


@given(messages)
def test_every_record_has_the_form_of_the_reference_page(message: Message) -> None:
    record = {name: str(value(message)) for name, value in FIELDS.items()}
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", record["uuid"])
    assert re.fullmatch(r"\+[1-9]\d{7,14}", record["to"])
    assert record["to"].startswith(f"+{record['country_code']}{message.network.prefix}00")
    assert re.fullmatch(r"\d{6}", record["code"])
    assert re.fullmatch(r"\d{15}", record["request_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["timestamp"])
    assert datetime.fromisoformat(record["timestamp"]).timestamp() == message.created


def test_identities_follow_from_the_seed_and_the_serial_and_the_number_from_the_recipient() -> None:
    ours, theirs = record_fields(seed=1), record_fields(seed=2)
    first, second = message(1, 1000.0), message(2, 1000.0, person=1)
    for name in ("uuid", "code", "request_id"):
        assert FIELDS[name](first) == ours[name](first)
        assert FIELDS[name](first) not in {theirs[name](first), FIELDS[name](second)}
    assert FIELDS["to"](first) == FIELDS["to"](second)
    assert len({FIELDS["to"](message(serial, 0)) for serial in range(1, 101)}) > 95


def test_uuids_sort_by_the_time_of_creation() -> None:
    uuids = [FIELDS["uuid"](message(serial, 1_700_000_000 + serial / 100)) for serial in range(100)]
    assert uuids == sorted(uuids)


def test_a_number_identifies_its_network() -> None:
    prefixes = [f"{network.country_code}{network.prefix}" for network in NETWORKS]
    assert not [
        (one, other) for one in prefixes for other in prefixes if one != other and one.startswith(other)
    ]
    assert len(set(prefixes)) == len(NETWORKS)
