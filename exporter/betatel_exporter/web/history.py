"""The last hour of scrapes, a few numbers each, for the pictures of the landing page."""

from collections import deque
from typing import NamedTuple

SPAN = 3600.0
"""Seconds that are kept."""

STEP = 30.0
"""Seconds within which there are two points at most, however often scrapes come: this bounds the memory."""


class Point(NamedTuple):
    """One scrape of one account; None where it does not know."""

    time: float
    up: bool
    requests: float | None
    failed: float | None
    unreached: float | None
    """Share of the recent recipients who were not reached."""


class History:
    """Points of one account, oldest first, never more than an hour of them."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque()

    def add(self, point: Point) -> None:
        points = self._points
        if len(points) > 1 and point.time - points[-2].time < STEP:
            points.pop()
        points.append(point)
        while point.time - points[0].time > SPAN:
            points.popleft()

    def points(self) -> tuple[Point, ...]:
        return tuple(self._points)
