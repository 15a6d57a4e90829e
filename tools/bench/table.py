"""The one table of a run."""

from collections.abc import Iterable, Sequence

from tools.bench.measure import Series
from tools.process import Process

HEADER = ("measured", "median ms", "p99 ms", "ratio", "CPU ms", "MB", "open files", "n", "goal")

Row = Sequence[str]


def row(
    what: str,
    series: Series | None = None,
    *,
    to: Series | None = None,
    process: Process | None = None,
    goal: str = "",
) -> Row:
    """A measurement; its ratio is to another series' median, memory and files are those of a process now."""
    median = p99 = ratio = cpu = count = megabytes = files = ""
    if series:
        median, p99 = f"{series.median * 1000:.1f}", f"{series.p99 * 1000:.1f}"
        ratio = f"{series.median / to.median:.2f}" if to else ""
        cpu = f"{series.median_cpu * 1000:.1f}" if series.cpu else ""
        count = str(len(series.seconds))
    if process:
        megabytes, files = f"{process.memory():.0f}", str(process.open_files())
    return what, median, p99, ratio, cpu, megabytes, files, count, goal


def goal(*figures: tuple[str, float, float]) -> str:
    """Name, value and bound of each figure: whether it is at most the bound."""
    return ", ".join(
        f"{name} at most {bound:g}: {'yes' if value <= bound else 'MISSED'}" for name, value, bound in figures
    )


def table(rows: Iterable[Row]) -> str:
    """In Markdown, numbers aligned to the right."""
    rule = ["---", *["---:"] * (len(HEADER) - 2), "---"]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (HEADER, rule, *rows))
