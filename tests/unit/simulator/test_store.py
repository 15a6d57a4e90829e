from collections import Counter

from betatel_exporter.simulator.messages import Message, Recipient, Status
from betatel_exporter.simulator.networks import NETWORKS
from betatel_exporter.simulator.store import MessageStore

KEPT = 200


def message(serial: int) -> Message:
    recipient = Recipient(serial, NETWORKS[0], 60)
    return Message(serial, float(serial), recipient, 300, ((serial + 1.0, Status.SENT),))


def filled(count: int) -> MessageStore:
    store = MessageStore(complete_from=0.0, dropped=Counter({Status.READ: 5}), kept=KEPT)
    for serial in range(1, count + 1):
        store.add(message(serial))
    return store


def test_messages_stay_in_the_order_of_creation_however_they_change() -> None:
    store = filled(100)
    for kept in list(store.kept())[::-1]:
        store.move(kept, Status.SENT)
        if kept.serial % 3:
            store.move(kept, Status.READ)
    for status in (None, Status.SENT, Status.READ):
        serials = [kept.serial for kept in store.kept(status)]
        assert serials == sorted(serials)
    assert [kept.serial for kept in store.kept(Status.SENT)] == list(range(3, 101, 3))
    assert not store.kept(Status.PENDING)
    assert store.totals[Status.READ] == 5 + 67


def test_the_newest_messages_stay_and_all_stay_in_the_totals() -> None:
    store = filled(3 * KEPT)
    kept = [kept.serial for kept in store.kept()]
    assert KEPT <= len(kept) <= 1.05 * KEPT
    assert kept == list(range(kept[0], 3 * KEPT + 1))
    assert store.totals.total() == 3 * KEPT + 5
    assert store.complete_from == kept[0]


def test_a_pending_message_expires_when_it_is_dropped_and_one_in_flight_may_still_settle() -> None:
    store = filled(0)
    pending, sent = message(1), message(2)
    store.add(pending)
    store.add(sent)
    store.move(sent, Status.SENT)
    for serial in range(3, 2 * KEPT):
        store.add(message(serial))
    assert (pending.status, pending.course) == (Status.EXPIRED, ())
    store.move(sent, Status.FAILED)
    assert (store.totals[Status.SENT], store.totals[Status.FAILED]) == (0, 1)
    assert sent not in store.kept(Status.FAILED)
    assert store.totals[Status.PENDING] == len(store.kept(Status.PENDING)) == len(store.kept())


def test_a_stretch_of_time_includes_its_start_and_excludes_its_end() -> None:
    assert [kept.serial for kept in filled(10).between(3.0, 6.0)] == [3, 4, 5]
    assert not filled(10).between(6.0, 3.0)
