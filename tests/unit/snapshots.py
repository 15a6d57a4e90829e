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
from betatel_exporter.calls import Telemetry
from betatel_exporter.collection import Answer, Failure, Snapshot

CREATED = 1_700_000_000.0


def make_snapshot(account: str = "shop") -> Snapshot:
    """One window, three statuses, of which one failed."""
    return Snapshot(
        account=account,
        answers=[
            Answer(StatsQuery(Window.LAST_5_MINUTES), 0.125, Stats(842, 809, {"USD": -1.5, "EUR": 8.09})),
            Answer(RecordsQuery(Status.PENDING), 0.25, Records(2, CREATED)),
            Answer(RecordsQuery(Status.READ), 0.25, Records(0, None)),
            Answer(RecordsQuery(Status.EXPIRED), 0.5, Records(7, CREATED)),
            Answer(RecordsQuery(Status.FAILED), 0.75, Failure(Reason.SERVER_ERROR, "HTTP 500")),
        ],
        duration=0.75,
        last_success={"stats/last5m": CREATED, "tdr/FAILED": CREATED - 60},
        cooldown_until=CREATED + 120,
        daily_budget={"EUR": 50.0},
    )


def make_telemetry(*accounts: str) -> Telemetry:
    """One failed call and one that succeeded, of the first account."""
    telemetry = Telemetry(accounts)
    telemetry.sent(accounts[0], Operation.STATS)
    telemetry.answered(Operation.STATS, 0.125)
    telemetry.sent(accounts[0], Operation.TDR)
    telemetry.answered(Operation.TDR, 0.75)
    telemetry.failed(accounts[0], Operation.TDR, Reason.SERVER_ERROR)
    return telemetry
