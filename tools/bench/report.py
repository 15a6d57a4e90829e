"""What was measured, as Markdown: tables, and the goals with what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.bench.measure import Series


@dataclass(frozen=True)
class Goal:
    """A figure that is to stay at or below a bound."""

    what: str
    value: float
    bound: float
    unit: str = ""

    @property
    def reached(self) -> bool:
        return self.value <= self.bound


@dataclass(frozen=True)
class Section:
    """One measurement, told."""

    title: str
    text: str
    goals: Sequence[Goal] = ()

    def __str__(self) -> str:
        return f"### {self.title}\n\n{self.text}\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, its first column text and the others numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def goals_table(goals: Iterable[Goal]) -> str:
    rows = [
        (
            goal.what,
            f"{goal.value:.2f}{goal.unit}",
            f"{goal.bound:g}{goal.unit}",
            "yes" if goal.reached else "NO",
        )
        for goal in goals
    ]
    return table(("goal", "measured", "at most", "reached"), rows)


def milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.1f}"


def series_rows(place: str, series: dict[str, Series], base: str) -> list[tuple[str, ...]]:
    """A row for each contestant, with its ratio to one of them."""
    return [
        (
            place,
            name,
            milliseconds(one.median),
            milliseconds(one.p99),
            f"{one.median / series[base].median:.3f}",
            milliseconds(one.median_cpu),
            str(len(one.seconds)),
        )
        for name, one in series.items()
    ]


SERIES_HEADER = ("", "who", "median ms", "p99 ms", "ratio", "CPU ms", "scrapes")
