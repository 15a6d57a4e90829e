"""The last hour of an account, a few numbers of each scrape, as small inline SVG pictures."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from betatel_exporter.web.account_view import AccountView

SPAN = 3600.0
"""Seconds that are kept."""

STEP = 30.0
"""At most two points are kept for each of these spans, in seconds: this bounds the memory."""

WIDTH, HEIGHT = 160, 32

LEAST = {"requests": 1.0, "failed": 0.2, "unreached": 0.2}
"""The pictures, and the minimum of their upper end."""


class Point(NamedTuple):
    """One scrape; None if unknown."""

    time: float
    requests: float | None
    failed: float | None
    unreached: float | None


class History:
    """Points of one account, oldest first, never more than an hour of them."""

    def __init__(self) -> None:
        self.points: deque[Point] = deque()

    def record(self, view: AccountView, now: float) -> None:
        current, people = view.current, view.people
        point = Point(now, current and current.total, current and current.ratio, people and people.ratio)
        points = self.points
        if len(points) > 1 and now - points[-2].time < STEP:
            points.pop()
        points.append(point)
        while now - points[0].time > SPAN:
            points.popleft()

    def pictures(self, now: float) -> Iterator[tuple[str, str]]:
        """Name and SVG of each picture that has a value."""
        for name, least in LEAST.items():
            series = [(point.time, getattr(point, name)) for point in self.points if now - point.time <= SPAN]
            if any(value is not None for _, value in series):
                yield name, picture(name, series, now, least)


def picture(name: str, series: Sequence[tuple[float, float | None]], now: float, least: float) -> str:
    """A line over the hour up to now, scaled to its highest value but at least to `least`; None leaves a gap.

    The last point of a line is there twice: one point alone is then a dot.
    """
    top = max([least, *(value for _, value in series if value is not None)])
    runs: list[list[str]] = [[]]
    for time, value in series:
        if value is None:
            runs.append([])
        else:
            x, y = WIDTH * (1 - (now - time) / SPAN), HEIGHT * (1 - value / top)
            runs[-1].append(f"{x:.1f},{y:.1f}")
    lines = "".join(f'<polyline points="{" ".join([*run, run[-1]])}"/>' for run in runs if run)
    return (
        f'<svg role="img" aria-label="{name}, last hour" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>{lines}</svg>'
    )
