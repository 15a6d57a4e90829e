"""Writes the dashboards: `python -m grafana.build`."""

import json
from collections.abc import Callable
from pathlib import Path

from grafana.delivery import delivery
from grafana.exporter_dashboard import exporter
from grafana.fields import Json
from grafana.overview import overview
from grafana.spend import spend

DASHBOARDS: tuple[Callable[[], Json], ...] = (overview, delivery, spend, exporter)


def files() -> dict[str, str]:
    """Path below the repository's root -> text, for each dashboard."""
    made = (make() for make in DASHBOARDS)
    return {
        f"grafana/dashboards/{dashboard['uid']}.json": json.dumps(dashboard, indent=2, ensure_ascii=False)
        + "\n"
        for dashboard in made
    }


def main() -> None:
    root = Path(__file__).parent.parent
    for path, text in files().items():
        (root / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
