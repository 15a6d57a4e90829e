"""What the landing page shows for an account, from the last result of each of its queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.recent import Destination, Recent
from betatel_exporter.results import Failure, QueryResult
from betatel_exporter.web.history import Point
from betatel_exporter.web.significance import MIN_FAILED, Share, significantly_worse

SHORT, LONG, DAY = Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS


MOSTLY = 0.5
"""Share of people not reached, significantly more than elsewhere, from which on a destination is marked as failing."""


class State(IntEnum):
    """How an account is doing, worst first."""

    DELIVERY_FAILING = 0
    DESTINATION_FAILING = 1
    API_FAILING = 2
    PARTLY_BLIND = 3
    UNKNOWN = 4
    UP = 5


@dataclass(frozen=True, slots=True)
class AccountView:
    state: State
    windows: Mapping[Window, Stats]
    totals: Mapping[Status, float]
    failures: Mapping[Failure, Sequence[str]]
    """Names of the failed queries by cause."""
    queries: int
    unreached: Mapping[Destination, Share]
    """People not reached of the recent recipients, by destination."""
    usual: Share | None
    """Failed of the 23 hours before the last one; None where the windows do not say."""

    @property
    def failed(self) -> int:
        return sum(map(len, self.failures.values()))

    def share(self, window: Window) -> Share | None:
        """Messages of a window that were not processed."""
        stats = self.windows.get(window)
        return _failed(stats) if stats else None

    @property
    def people(self) -> Share | None:
        """People not reached of all recent recipients; None where the recent records are unknown."""
        return _total(self.unreached.values()) if self.unreached else None

    def failing_destinations(self) -> Sequence[Destination]:
        """Where most people are not reached, and more than elsewhere; most people first."""
        return [place for place in self.worst_destinations() if _fails(self.unreached, place)]

    def worst_destinations(self) -> Sequence[Destination]:
        """Most people not reached first."""
        return sorted(self.unreached, key=lambda place: self.unreached[place], reverse=True)

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
    unreached = {
        destination: Share(counts.unreached, counts.unreached + counts.reached)
        for result in results.values()
        if isinstance(result.outcome, Recent)
        for destination, counts in result.outcome.destinations.items()
    }
    failures: dict[Failure, list[str]] = {}
    for name, result in results.items():
        if result.failure:
            failures.setdefault(result.failure, []).append(name)
    viewed = AccountView(
        state=State.UP if results else State.UNKNOWN,
        windows=windows,
        totals=totals,
        failures=failures,
        queries=queries,
        unreached=unreached,
        usual=_usual(windows),
    )
    return replace(viewed, state=_state(viewed))


def point(time: float, viewed: AccountView) -> Point:
    """The numbers of a scrape that the pictures show."""
    share = viewed.share(SHORT) or viewed.share(LONG)
    return Point(
        time=time,
        up=not viewed.failures,
        requests=share.total if share else None,
        failed=share.ratio if share else None,
        unreached=viewed.people.ratio if viewed.people else None,
    )


def _state(viewed: AccountView) -> State:
    shares = [share for share in (viewed.share(SHORT), viewed.share(LONG)) if share]
    usual = viewed.usual
    if usual and any(significantly_worse(share, usual) for share in shares):
        return State.DELIVERY_FAILING
    if viewed.failing_destinations():
        return State.DESTINATION_FAILING
    if viewed.failures:
        return State.API_FAILING if viewed.failed == viewed.queries else State.PARTLY_BLIND
    return viewed.state


def _fails(unreached: Mapping[Destination, Share], place: Destination) -> bool:
    share = unreached[place]
    elsewhere = _total(other for key, other in unreached.items() if key != place)
    if share.ratio is None or share.ratio < MOSTLY:
        return False
    return significantly_worse(share, elsewhere) if elsewhere.total else share.failed >= MIN_FAILED


def _total(shares: Iterable[Share]) -> Share:
    listed = list(shares)
    return Share(sum(share.failed for share in listed), sum(share.total for share in listed))


def _usual(windows: Mapping[Window, Stats]) -> Share | None:
    if LONG not in windows or DAY not in windows:
        return None
    hour, day = _failed(windows[LONG]), _failed(windows[DAY])
    return Share(max(0.0, day.failed - hour.failed), max(0.0, day.total - hour.total))


def _failed(stats: Stats) -> Share:
    return Share(max(0.0, stats.requests - stats.transactions), stats.requests)
