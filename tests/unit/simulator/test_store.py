from collections import Counter

from betatel_exporter.simulator.messages import Message, Recipient, Status
from betatel_exporter.simulator.networks import NETWORKS
from betatel_exporter.simulator.store import QUARTER, MessageStore, Totals

LIMIT = 200
PAST = Totals(requests=6, transactions=5, amount=50)


def message(serial: int) -> Message:
    """One every ten seconds; every third is dispatched."""
    recipient = Recipient(serial, NETWORKS[serial % 3], 60)
    course = ((serial * 10 + 1.0, Status.SENT),)
    return Message(serial, serial * 10.0, recipient, 300, course, dispatched=serial % 3 == 0)


def filled(messages: list[Message]) -> MessageStore:
    store = MessageStore(LIMIT, {-1: PAST}, Counter({Status.READ: PAST.requests}))
    for one in messages:
        store.add(one)
    return store


def test_dropped_messages_stay_counted_in_whole_quarters_of_an_hour() -> None:
    messages = [message(serial) for serial in range(3 * LIMIT)]
    store = filled(messages)
    assert LIMIT <= len(store.kept) <= 1.05 * LIMIT
    assert store.kept == messages[-len(store.kept) :]
    assert store.statuses.total() == len(messages) + PAST.requests
    oldest_kept = store.kept[0].created
    assert oldest_kept % QUARTER > 0
    for start in (oldest_kept, oldest_kept + 5, oldest_kept + 1234, messages[-1].created, 10**6):
        assert store.totals_since(start) == Totals.of(one for one in messages if one.created >= start), start
    for start in (0, 2 * QUARTER, oldest_kept // QUARTER * QUARTER):
        since = Totals.of(one for one in messages if one.created >= start)
        assert store.totals_since(start) == store.totals_since(start - 100) == since, start
    everything = Totals.of(messages)
    assert store.totals_since(-QUARTER) == Totals(*map(sum, zip(everything, PAST, strict=True)))
    assert everything == (600, 200, 200 * NETWORKS[0].price)


def test_a_pending_message_expires_when_it_is_dropped_and_one_in_flight_may_still_settle() -> None:
    messages = [message(serial) for serial in range(2 * LIMIT)]
    pending, sent, *later = messages
    store = filled([pending, sent])
    store.move(sent, Status.SENT)
    for one in later:
        store.add(one)
    assert (pending.status, pending.course) == (Status.EXPIRED, ())
    store.move(sent, Status.FAILED)
    assert (store.statuses[Status.SENT], store.statuses[Status.FAILED]) == (0, 1)
    assert store.statuses[Status.PENDING] == len(store.kept)


def test_quarters_of_an_hour_are_kept_for_sixty_days() -> None:
    day = 96
    store = MessageStore(1, dict.fromkeys(range(60 * day), PAST), Counter())
    for serial in range(3):
        store.add(Message(serial, (60 * day + serial) * QUARTER, message(0).recipient, 300, ()))
    assert store.totals_since(0).requests == (60 * day - 2) * PAST.requests + 3
