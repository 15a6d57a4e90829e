"""The ten queries of a collection, as every contestant sends them."""

import json

from betatel_exporter.api.vocabulary import Operation, Status

HEADERS = {"content-type": "application/json", "x-api-key": "key", "x-account-id": "account"}


def queries() -> dict[str, tuple[str, str]]:
    """Path and body by name: operation, underscore, window or status."""
    bodies: dict[str, object] = {
        f"{Operation.STATS}_{window}": {"type": window, "timezone": "UTC"}
        for window in ("last5m", "lasth", "last24h")
    }
    page = {"page": 1, "rows_per_page": 1, "sort_by": "timestamp"}
    for status in Status:
        order = {"sort_direction": "ASC" if status.in_flight else "DESC", "filter": {"status": status}}
        bodies[f"{Operation.TDR}_{status}"] = page | order
    return {name: (f"telegram/{name.split('_')[0]}", json.dumps(body)) for name, body in bodies.items()}
