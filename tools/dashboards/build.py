"""The dashboards as files; `make generate` writes them."""

import json

from tools.dashboards.delivery import DELIVERY
from tools.dashboards.destinations import DESTINATIONS
from tools.dashboards.exporter import EXPORTER
from tools.dashboards.overview import OVERVIEW
from tools.dashboards.spend import SPEND


def files() -> dict[str, str]:
    """Path below the repository's root -> text, for each dashboard."""
    return {
        f"grafana/dashboards/{one['uid']}.json": json.dumps(one, indent=2, ensure_ascii=False) + "\n"
        for one in (OVERVIEW, DELIVERY, DESTINATIONS, SPEND, EXPORTER)
    }
