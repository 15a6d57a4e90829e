"""Small inline SVG pictures of the last hour."""

from collections.abc import Iterable, Iterator, Sequence

WIDTH, HEIGHT = 160, 32

Series = Sequence[tuple[float, float | None]]
"""Time in seconds and value, oldest first; None where there is a gap."""


def line(series: Series, start: float, end: float, *, top: float, css: str, label: str) -> str:
    """A line from `start` to `end`; values from 0 to `top`. Gaps stay gaps."""
    lines = "".join(
        f'<polyline class="{css}" points="{points}"/>' for points in _runs(series, start, end, top)
    )
    return (
        f'<svg role="img" aria-label="{label}" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>{lines}</svg>'
    )


def _runs(series: Series, start: float, end: float, top: float) -> Iterator[str]:
    run: list[str] = []
    for time, value in [*series, (end, None)]:
        if value is not None:
            x = WIDTH * (time - start) / (end - start)
            y = HEIGHT * (1 - min(value / top, 1.0))
            run.append(f"{x:.1f},{y:.1f}")
        elif run:
            yield _drawn(run)
            run = []


def _drawn(run: Sequence[str]) -> str:
    """A single point becomes a short dash, or it would not be seen."""
    if len(run) > 1:
        return " ".join(run)
    x, _, y = run[0].partition(",")
    return f"{float(x) - 1:.1f},{y} {float(x) + 1:.1f},{y}"


def highest(values: Iterable[float | None], least: float) -> float:
    """The top of a picture: the highest value, but not less than `least`."""
    return max([least, *(value for value in values if value is not None)])
