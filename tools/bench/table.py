"""The one table of a run, and its place in docs/performance.md."""

from collections.abc import Iterable, Sequence

from tools.bench.measure import Series
from tools.paths import ROOT
from tools.process import Process

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: make bench BENCH_ARGS=--write -->", "<!-- end of the measurements -->"
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
    times = ("", "", "", "", "")
    if series:
        ratio = f"{series.median / to.median:.2f}" if to else ""
        cpu = f"{series.median_cpu * 1000:.1f}" if series.cpu else ""
        count = str(len(series.seconds))
        times = (f"{series.median * 1000:.1f}", f"{series.p99 * 1000:.1f}", ratio, cpu, count)
    used = (f"{process.memory():.0f}", str(process.open_files())) if process else ("", "")
    return (what, *times[:4], *used, times[4], goal)


def goal(*figures: tuple[str, float, float]) -> str:
    """Name, value and bound of each figure: whether it is at most the bound."""
    return ", ".join(
        f"{name} at most {bound:g}: {'yes' if value <= bound else 'MISSED'}" for name, value, bound in figures
    )


def table(rows: Iterable[Row]) -> str:
    """In Markdown, numbers aligned to the right."""
    rule = ["---", *["---:"] * (len(HEADER) - 2), "---"]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (HEADER, rule, *rows))


def replaced(document: str, measured: str) -> str:
    """The document with other measurements; raises ValueError where it has no place for them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for the measurements: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{measured.strip()}\n\n{END}{after}"
