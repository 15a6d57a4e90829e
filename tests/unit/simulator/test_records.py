from collections import Counter

from betatel_exporter.simulator.messages import Message, Status
from betatel_exporter.simulator.networks import NETWORKS
from betatel_exporter.simulator.records import Records

KEPT = 200


def message(serial: int) -> Message:
    return Message(serial, float(serial), NETWORKS[0], 300, ((serial + 1.0, Status.SENT),))


def filled(count: int) -> Records:
    records = Records(complete_from=0.0, forgotten=Counter({Status.READ: 5}), kept=KEPT)
    for serial in range(1, count + 1):
        records.add(message(serial))
    return records


def test_records_stay_in_the_order_of_creation_however_they_change() -> None:
    records = filled(100)
    for kept in list(records.kept())[::-1]:
        records.move(kept, Status.SENT)
        if kept.serial % 3:
            records.move(kept, Status.READ)
    for status in (None, Status.SENT, Status.READ):
        serials = [kept.serial for kept in records.kept(status)]
        assert serials == sorted(serials)
    assert [kept.serial for kept in records.kept(Status.SENT)] == list(range(3, 101, 3))
    assert not records.kept(Status.PENDING)
    assert records.totals[Status.READ] == 5 + 67


def test_the_newest_records_stay_and_all_stay_in_the_totals() -> None:
    records = filled(3 * KEPT)
    kept = [kept.serial for kept in records.kept()]
    assert KEPT <= len(kept) <= 1.05 * KEPT
    assert kept == list(range(kept[0], 3 * KEPT + 1))
    assert records.totals.total() == 3 * KEPT + 5
    assert records.complete_from == kept[0]


def test_a_message_still_pending_when_it_is_forgotten_has_expired_for_good() -> None:
    records = filled(0)
    first = message(1)
    records.add(first)
    for serial in range(2, 2 * KEPT):
        records.add(message(serial))
    assert first.status is Status.EXPIRED
    assert not first.course
    assert records.totals[Status.PENDING] == len(records.kept(Status.PENDING)) == len(records.kept())


def test_a_forgotten_message_can_still_settle() -> None:
    records = filled(0)
    first = message(1)
    records.add(first)
    records.move(first, Status.SENT)
    for serial in range(2, 2 * KEPT):
        records.add(message(serial))
    records.move(first, Status.EXPIRED)
    assert records.totals[Status.SENT] == 0
    assert first not in records.kept(Status.EXPIRED)


def test_a_stretch_of_time_begins_with_its_start_and_ends_before_its_end() -> None:
    assert [kept.serial for kept in filled(10).between(3.0, 6.0)] == [3, 4, 5]
    assert not filled(10).between(6.0, 3.0)
