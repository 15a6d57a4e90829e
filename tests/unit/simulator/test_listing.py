import math
import re
from itertools import product
from typing import Any

import pytest

from betatel_exporter.simulator.listing import Filter, PageRequest, list_page
from betatel_exporter.simulator.messages import record
from betatel_exporter.simulator.store import MessageStore
from tests.unit.simulator.account import Account

SEED = 1
FIELDS = {name: field.annotation for name, field in Filter.model_fields.items()}
FORMS = {
    "uuid": r"[0-7][0-9A-HJKMNP-TV-Z]{25}",
    "to": r"\+[1-9]\d{7,14}",
    "code": r"\d{6}",
    "request_id": r"\d{15}",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
}
"""As on the provider's reference page."""


@pytest.fixture(scope="module")
def store() -> MessageStore:
    """About a hundred messages of 25 hours."""
    return Account(messages_per_hour=4).store


def page(store: MessageStore, **request: Any) -> dict[str, Any]:
    return list_page(PageRequest(**request), store, SEED)


def test_every_record_has_the_documented_fields_and_identities_of_its_own(store: MessageStore) -> None:
    records = [record(message, seed) for message in store.kept for seed in (SEED, SEED + 1)]
    for one in records:
        assert {name: type(value) for name, value in one.items()} == FIELDS
        assert [name for name, form in FORMS.items() if not re.fullmatch(form, str(one[name]))] == []
    for name in ("uuid", "request_id"):
        assert len({one[name] for one in records}) == len(records) > 150


def test_a_recipient_keeps_their_number(store: MessageStore) -> None:
    numbers = {(message.recipient.serial, record(message, SEED)["to"]) for message in store.kept}
    assert len({serial for serial, _ in numbers}) == len(numbers) < len(store.kept)


def test_the_default_are_the_newest_twenty(store: MessageStore) -> None:
    first = page(store)
    assert first["list"] == [record(message, SEED) for message in store.kept[:-21:-1]]
    assert first == page(store, page=1, rows_per_page=20, sort_by="timestamp", sort_direction="DESC")
    assert first == page(store, **dict.fromkeys(PageRequest.model_fields))


def test_filters_sorting_and_paging_work_together(store: MessageStore) -> None:
    everything = [record(message, SEED) for message in store.kept]
    example = everything[len(everything) // 2]
    filters: list[dict[str, Any]] = [{name: example[name]} for name in FIELDS]
    filters += [{"status": "READ", "country_code": 387}, {"status": "LOST"}]
    cases = [*product([{}], FIELDS), *product(filters, ["code"])]
    for (wanted, sort_by), direction in product(cases, ("ASC", "DESC")):
        matching = [one for one in everything if wanted.items() <= one.items()]
        expected = sorted(matching, key=lambda one: one[sort_by])
        if direction == "DESC":
            expected.reverse()
        for number, rows in ((1, 100), (2, 7), (10**30, 20)):
            order = {"sort_by": sort_by, "sort_direction": direction}
            answer = page(store, page=number, rows_per_page=rows, filter=wanted, **order)
            total = answer["total"]
            assert total >= len(matching) if wanted.keys() <= {"status"} else total == len(matching)
            assert answer == {
                "page": number,
                "rows_per_page": rows,
                **order,
                "total": total,
                "total_pages": math.ceil(total / rows),
                "has_next_page": number * rows < total,
                "has_previous_page": number > 1,
                "list": expected[(number - 1) * rows :][:rows],
            }


def test_without_a_filter_or_by_status_the_messages_of_all_time_are_counted(store: MessageStore) -> None:
    assert page(store)["total"] == store.statuses.total() > len(store.kept)
    for status, number in store.statuses.items():
        assert page(store, filter={"status": status.value})["total"] == number
