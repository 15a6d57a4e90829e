"""Pages of delivery records: filtering, sorting, paging."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, field_validator

from betatel_exporter.simulator.body import Body
from betatel_exporter.simulator.messages import Message, Status, record
from betatel_exporter.simulator.store import MessageStore


class Filter(Body, extra="forbid"):
    """The fields of a record."""

    uuid: str = ""
    to: str = ""
    code: str = ""
    status: str = ""
    request_id: str = ""
    country: str = ""
    country_code: int = 0
    network: str = ""
    timestamp: str = ""


class PageRequest(Body):
    """Newest first by default, which the provider's page leaves open."""

    page: int = Field(1, ge=1)
    rows_per_page: int = Field(20, ge=1, le=100)
    sort_by: str = "timestamp"
    sort_direction: Literal["ASC", "DESC"] = "DESC"
    filter: Filter = Filter()

    @field_validator("sort_by")
    @classmethod
    def _a_field(cls, name: str) -> str:
        if name not in Filter.model_fields:
            raise ValueError(f"must be one of {', '.join(Filter.model_fields)}")
        return name


def list_page(request: PageRequest, store: MessageStore, seed: int) -> dict[str, Any]:
    """One page as the provider answers it.

    Without a filter, or with one of status alone, `total` counts the records of all time. Only the newest are kept: pages
    beyond those are empty. Any other filter finds and counts kept records.
    """
    total, found = _find(request.filter.model_dump(exclude_unset=True), store, seed)
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
        "list": [record(message, seed) for message in _rows(request, found, seed)],
    }


def _find(wanted: dict[str, Any], store: MessageStore, seed: int) -> tuple[int, Sequence[Message]]:
    if not wanted:
        return store.statuses.total(), store.kept
    for status in Status:
        if wanted == {"status": status}:
            return store.statuses[status], [message for message in store.kept if message.status is status]
    found = [message for message in store.kept if wanted.items() <= record(message, seed).items()]
    return len(found), found


def _rows(request: PageRequest, found: Sequence[Message], seed: int) -> Sequence[Message]:
    """Equal values are in the order of creation, so that no page repeats another's rows."""
    if request.sort_by != "timestamp":
        found = sorted(found, key=lambda message: record(message, seed)[request.sort_by])
    if request.sort_direction == "DESC":
        found = found[::-1]
    return found[(request.page - 1) * request.rows_per_page :][: request.rows_per_page]
