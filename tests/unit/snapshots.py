"""A fixed snapshot of a fixed account, for the tests of what is made of it."""

from betatel_exporter.api.models import (
    Operation,
    Reason,
    Records,
    RecordsQuery,
    Stats,
    StatsQuery,
    Status,
    Window,
)
from betatel_exporter.calls import Calls
from betatel_exporter.results import Failure, QueryResult, Snapshot

CREATED = 1_700_000_000.0


def make_snapshot(account: str = "shop") -> Snapshot:
    """One window, three statuses, of which one failed."""
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
