"""Writes the dashboards: `python -m tools.dashboards.build`."""

import json
from collections.abc import Callable
from pathlib import Path

from tools.dashboards.delivery import delivery
from tools.dashboards.destinations import destinations
from tools.dashboards.exporter import exporter
from tools.dashboards.looks import Json
from tools.dashboards.overview import overview
from tools.dashboards.spend import spend

DASHBOARDS: tuple[Callable[[], Json], ...] = (overview, delivery, destinations, spend, exporter)


def files() -> dict[str, str]:
    """Path below the repository's root -> text, for each dashboard."""
    made = (make() for make in DASHBOARDS)
    return {
        f"grafana/dashboards/{dashboard['uid']}.json": json.dumps(dashboard, indent=2, ensure_ascii=False)
        + "\n"
        for dashboard in made
    }


def main() -> None:
    root = Path(__file__).parents[2]
    for path, text in files().items():
        (root / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
