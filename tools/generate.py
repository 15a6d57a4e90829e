"""Write, or with --check compare, every committed file that is made from the code."""

import argparse
import sys
from collections.abc import Callable, Mapping

from tools import references
from tools.chart import build as chart
from tools.dashboards import build as dashboards
from tools.paths import ROOT
from tools.rules import tune as rules

SOURCES: tuple[Callable[[], Mapping[str, str]], ...] = (
    references.files,
    rules.files,
    dashboards.files,
    chart.files,
)


def stale() -> dict[str, str]:
    """Path, relative to the repository, and right content of every file that is not as it should be."""
    wrong = {}
    for files in SOURCES:
        for name, content in files().items():
            path = ROOT / name
            if not path.is_file() or path.read_text() != content:
                wrong[name] = content
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    check = parser.parse_args().check
    wrong = stale()
    for name, content in wrong.items():
        if check:
            print(f"{name} is stale: make generate", file=sys.stderr)
        else:
            path = ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            print(f"wrote {name}")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
