"""A fixed snapshot of a fixed account, for the tests of what is made of it."""

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.calls import Calls
from betatel_exporter.recent import Destination, DestinationCounts, Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult, Snapshot

CREATED = 1_700_000_000.0

RECENT = Recent(
    destinations={
        Destination("Croatia", "Jadran Tel"): DestinationCounts(
            {status: 3 * (status is Status.READ) for status in Status}, reached=2, unreached=0
        ),
        Destination("other", "other"): DestinationCounts(
            {status: 5 * (status is Status.FAILED) for status in Status}, reached=0, unreached=1
        ),
    },
    period=1800.0,
    coverage=0.5,
    extent=None,
    shown={},
)


def make_snapshot(account: str = "shop") -> Snapshot:
    """One window, four statuses, of which one failed, and recent records."""
    return Snapshot(
        account=account,
        results=[
            QueryResult(query, outcome, duration, CREATED)
            for query, outcome, duration in (
                (StatsQuery(Window.LAST_5_MINUTES), Stats(842, 809, {"USD": -1.5, "EUR": 8.09}), 0.125),
                (RecordsQuery(Status.PENDING), Records(2, CREATED), 0.25),
                (RecordsQuery(Status.READ), Records(0, None), 0.25),
                (RecordsQuery(Status.EXPIRED), Records(7, CREATED), 0.5),
                (RecordsQuery(Status.FAILED), Failure(Reason.SERVER_ERROR, "HTTP 500"), 0.75),
                (RecentQuery(b"key"), RECENT, 0.5),
            )
        ],
        duration=0.75,
        last_success={"stats/last5m": CREATED, "tdr/FAILED": CREATED - 60},
        cooldown_until=CREATED + 120,
    )


def make_calls(*accounts: str) -> Calls:
    """One failed call and one that succeeded, of the first account."""
    calls = Calls(accounts)
    first = calls.observer(accounts[0])
    first.sent(Operation.STATS)
    first.answered(Operation.STATS, 0.125)
    first.sent(Operation.TDR)
    first.answered(Operation.TDR, 0.75)
    first.failed(Operation.TDR, Reason.SERVER_ERROR)
    return calls
