"""What the landing page says of an account, from the last result of each of its queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery, Status, Window
from betatel_exporter.results import Failure, QueryResult
from betatel_exporter.web.history import Point
from betatel_exporter.web.significance import Share, significantly_worse

SHORT, LONG, DAY = Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS


class State(IntEnum):
    """How an account is doing, worst first."""

    DELIVERY_FAILING = 0
    API_FAILING = 1
    PARTLY_BLIND = 2
    UNKNOWN = 3
    UP = 4


@dataclass(frozen=True, slots=True)
class AccountView:
    state: State
    windows: Mapping[Window, Stats]
    totals: Mapping[Status, float]
    failures: Mapping[Failure, Sequence[str]]
    """Names of the failed queries by cause."""
    queries: int
    usual: Share | None
    """Failed of the 23 hours before the last one; None where the windows do not say."""

    @property
    def failed(self) -> int:
        return sum(map(len, self.failures.values()))

    def share(self, window: Window) -> Share | None:
        """Messages of a window that were not processed."""
        stats = self.windows.get(window)
        return _failed(stats) if stats else None

    def spend(self) -> Mapping[str, float]:
        """Billed since midnight or, where that window is not configured, in 24 hours; by currency."""
        stats = self.windows.get(Window.TODAY) or self.windows.get(DAY)
        return stats.amounts if stats else {}


def view(results: Mapping[str, QueryResult], queries: int) -> AccountView:
    windows = {
        result.query.window: result.outcome
        for result in results.values()
        if isinstance(result.query, StatsQuery) and isinstance(result.outcome, Stats)
    }
    totals = {
        result.query.status: result.outcome.total
        for result in results.values()
        if isinstance(result.query, RecordsQuery) and isinstance(result.outcome, Records)
    }
    failures: dict[Failure, list[str]] = {}
    for name, result in results.items():
        if result.failure:
            failures.setdefault(result.failure, []).append(name)
    usual = _usual(windows)
    return AccountView(
        state=_state(windows, usual, sum(map(len, failures.values())), len(results), queries),
        windows=windows,
        totals=totals,
        failures=failures,
        queries=queries,
        usual=usual,
    )


def point(time: float, viewed: AccountView) -> Point:
    """The numbers of a scrape that the pictures show."""
    share = viewed.share(SHORT) or viewed.share(LONG)
    return Point(
        time=time,
        up=not viewed.failures,
        requests=share.total if share else None,
        failed=share.ratio if share else None,
        unreached=None,
    )


def _state(
    windows: Mapping[Window, Stats], usual: Share | None, failed: int, known: int, queries: int
) -> State:
    shares = [_failed(windows[window]) for window in (SHORT, LONG) if window in windows]
    if usual and any(significantly_worse(share, usual) for share in shares):
        return State.DELIVERY_FAILING
    if failed == queries:
        return State.API_FAILING
    if failed:
        return State.PARTLY_BLIND
    return State.UP if known else State.UNKNOWN


def _usual(windows: Mapping[Window, Stats]) -> Share | None:
    if LONG not in windows or DAY not in windows:
        return None
    hour, day = _failed(windows[LONG]), _failed(windows[DAY])
    return Share(max(0.0, day.failed - hour.failed), max(0.0, day.total - hour.total))


def _failed(stats: Stats) -> Share:
    return Share(max(0.0, stats.requests - stats.transactions), stats.requests)
