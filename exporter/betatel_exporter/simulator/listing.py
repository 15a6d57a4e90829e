"""Pages of delivery records: filtering, sorting, paging."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from betatel_exporter.simulator.fields import BadRequest, integer, mapping, text
from betatel_exporter.simulator.messages import Field, Message, Status
from betatel_exporter.simulator.store import MessageStore

_MOST_ROWS = 100

RECORD_FIELDS: Mapping[str, type] = {
    "uuid": str,
    "to": str,
    "code": str,
    "status": str,
    "request_id": str,
    "country": str,
    "country_code": int,
    "network": str,
    "timestamp": str,
}


@dataclass(frozen=True, slots=True)
class PageRequest:
    page: int
    rows_per_page: int
    sort_by: str
    sort_direction: str
    criteria: Mapping[str, str | int]

    @classmethod
    def parse(cls, request: Mapping[str, Any]) -> Self:
        """Newest first by default, which the provider's page leaves open. Raises BadRequest."""
        page = integer(request, "page", 1)
        if page < 1:
            raise BadRequest("page must be at least 1")
        rows = integer(request, "rows_per_page", 20)
        if not 1 <= rows <= _MOST_ROWS:
            raise BadRequest(f"rows_per_page must be between 1 and {_MOST_ROWS}")
        sort_by = text(request, "sort_by", "timestamp")
        if sort_by not in RECORD_FIELDS:
            raise BadRequest(f"sort_by must be one of {', '.join(RECORD_FIELDS)}")
        direction = text(request, "sort_direction", "DESC")
        if direction not in {"ASC", "DESC"}:
            raise BadRequest("sort_direction must be ASC or DESC")
        return cls(page, rows, sort_by, direction, _criteria(mapping(request, "filter")))


def _criteria(wanted: Mapping[str, Any]) -> Mapping[str, str | int]:
    for name, value in wanted.items():
        if name not in RECORD_FIELDS:
            raise BadRequest(f"malformed filter: fields are {', '.join(RECORD_FIELDS)}")
        if type(value) is not RECORD_FIELDS[name]:
            raise BadRequest(f"malformed filter: {name} must be of type {RECORD_FIELDS[name].__name__}")
    return wanted


def list_page(request: PageRequest, store: MessageStore, fields: Mapping[str, Field]) -> dict[str, Any]:
    """One page as the provider answers it.

    Without a filter, or with one of status alone, `total` counts the records of all time. Only the newest are
    kept: pages beyond those are empty. Any other filter finds and counts kept records.
    """
    total, found = _find(request.criteria, store, fields)
    total_pages = math.ceil(total / request.rows_per_page)
    return {
        "page": request.page,
        "rows_per_page": request.rows_per_page,
        "sort_by": request.sort_by,
        "sort_direction": request.sort_direction,
        "total": total,
        "total_pages": total_pages,
        "has_next_page": request.page < total_pages,
        "has_previous_page": request.page > 1,
        "list": [
            {name: value(message) for name, value in fields.items()}
            for message in _rows(request, found, fields)
        ],
    }


def _find(
    criteria: Mapping[str, str | int], store: MessageStore, fields: Mapping[str, Field]
) -> tuple[int, Sequence[Message]]:
    if not criteria:
        return store.totals.total(), store.kept()
    for status in Status:
        if criteria == {"status": status.value}:
            return store.totals[status], store.kept(status)
    found = [
        message
        for message in store.kept()
        if all(fields[name](message) == value for name, value in criteria.items())
    ]
    return len(found), found


def _rows(request: PageRequest, found: Sequence[Message], fields: Mapping[str, Field]) -> Sequence[Message]:
    """Equal values are in the order of creation, so that no page repeats another's rows."""
    if request.sort_by != "timestamp":
        found = sorted(found, key=fields[request.sort_by])
    start = (request.page - 1) * request.rows_per_page
    end = start + request.rows_per_page
    if request.sort_direction == "ASC":
        return found[start:end]
    return found[max(0, len(found) - end) : max(0, len(found) - start)][::-1]
