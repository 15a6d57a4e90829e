import re
from datetime import datetime

from betatel_exporter.simulator.listing import Filter
from betatel_exporter.simulator.messages import Message, Recipient, record
from betatel_exporter.simulator.networks import NETWORKS

FORMS = {
    "uuid": r"[0-7][0-9A-HJKMNP-TV-Z]{25}",
    "to": r"\+[1-9]\d{7,14}",
    "code": r"\d{6}",
    "status": r"PENDING",
    "request_id": r"\d{15}",
    "country": r"[A-Z][A-Za-z ]+",
    "country_code": r"\d{2,3}",
    "network": r"[A-Z][A-Za-z ]+",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
}


def message(serial: int, person: int = 0) -> Message:
    network = NETWORKS[serial % len(NETWORKS)]
    return Message(serial, 1_700_000_000 + serial * 12.345, Recipient(person or serial, network, 60), 300, ())


def test_every_record_has_the_form_of_the_reference_page() -> None:
    for one in map(message, range(1, 1000)):
        fields = record(one, seed=1)
        assert {name: type(value) for name, value in fields.items()} == {
            name: field.annotation for name, field in Filter.model_fields.items()
        }
        for name, form in FORMS.items():
            assert re.fullmatch(form, str(fields[name])), (name, fields[name])
        assert fields["to"].startswith(f"+{one.network.country_code}{one.network.prefix}00")
        assert datetime.fromisoformat(fields["timestamp"]).timestamp() == one.created


def test_identities_follow_from_seed_and_serial_and_the_number_from_the_recipient() -> None:
    first, second = message(1), message(1 + len(NETWORKS), person=1)
    ours = record(first, seed=1)
    assert record(message(1), seed=1) == ours
    for other in (record(first, seed=2), record(second, seed=1)):
        assert all(other[name] != ours[name] for name in ("uuid", "code", "request_id"))
    assert record(second, seed=1)["to"] == ours["to"]
    assert len({record(message(serial), seed=1)["to"] for serial in range(1, 101)}) == 100
