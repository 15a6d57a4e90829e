"""The part of docs/performance.md that a run writes."""

from tools.paths import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: make bench BENCH_ARGS=--write -->", "<!-- end of what was measured -->"


def write(measured: str) -> None:
    DOCUMENT.write_text(replaced(DOCUMENT.read_text(), measured))


def replaced(document: str, measured: str) -> str:
    """A document with another measured part; raises ValueError where it has none."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for the measurements: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{measured.strip()}\n\n{END}{after}"
