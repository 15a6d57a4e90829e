"""The ten queries of a collection, as every contestant asks them."""

import json

from tools.bench.upstream import STATUSES

WINDOWS = ("last5m", "lasth", "last24h")


def queries() -> dict[str, tuple[str, str]]:
    """Path and body by name."""
    return {
        **{
            f"stats_{window}": ("telegram/stats", json.dumps({"type": window, "timezone": "UTC"}))
            for window in WINDOWS
        },
        **{f"tdr_{status}": ("telegram/tdr", _records(status)) for status in map(bytes.decode, STATUSES)},
    }


def _records(status: str) -> str:
    return json.dumps(
        {
            "page": 1,
            "rows_per_page": 1,
            "sort_by": "timestamp",
            "sort_direction": "ASC" if status in {"PENDING", "SENT"} else "DESC",
            "filter": {"status": status},
        }
    )
