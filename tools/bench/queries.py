"""The ten queries of a collection, as every contestant sends them."""

import json

WINDOWS = ("last5m", "lasth", "last24h")
STATUSES = ("PENDING", "SENT", "DELIVERED", "READ", "EXPIRED", "REVOKED", "FAILED")


def queries() -> dict[str, tuple[str, str]]:
    """Path and body by name."""
    stats = {
        f"stats_{window}": ("telegram/stats", json.dumps({"type": window, "timezone": "UTC"}))
        for window in WINDOWS
    }
    return stats | {f"tdr_{status}": ("telegram/tdr", _newest(status)) for status in STATUSES}


def _newest(status: str) -> str:
    page = {"page": 1, "rows_per_page": 1, "sort_by": "timestamp"}
    direction = "ASC" if status in {"PENDING", "SENT"} else "DESC"
    return json.dumps(page | {"sort_direction": direction, "filter": {"status": status}})
