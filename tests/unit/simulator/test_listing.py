import math
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.fields import BadRequest
from betatel_exporter.simulator.listing import RECORD_FIELDS, PageRequest, list_page
from betatel_exporter.simulator.messages import Message, record_fields
from betatel_exporter.simulator.networks import NETWORKS
from betatel_exporter.simulator.records import Records
from tests.unit.simulator.account import NOON, Account, account, documents

pytestmark = pytest.mark.anyio


@pytest.fixture
async def small() -> AsyncIterator[Account]:
    """About a hundred records in 25 hours."""
    async with account(messages_per_hour=4) as opened:
        yield opened


async def test_without_a_body_the_newest_twenty_come_first(small: Account) -> None:
    page = await small.page()
    times = [record["timestamp"] for record in page.pop("list")]
    assert times == sorted(times, reverse=True)
    assert len(times) == 20
    assert {key: page[key] for key in ("page", "rows_per_page", "sort_by", "sort_direction")} == {
        "page": 1,
        "rows_per_page": 20,
        "sort_by": "timestamp",
        "sort_direction": "DESC",
    }
    assert page["has_next_page"]
    assert not page["has_previous_page"]


async def test_a_record_has_the_nine_documented_fields(small: Account) -> None:
    (record,) = (await small.page(rows_per_page=1))["list"]
    assert {name: type(value) for name, value in record.items()} == RECORD_FIELDS


@pytest.mark.parametrize("rows", [1, 7, 100])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_paging_walks_through_all_records_without_gap_or_double(
    small: Account, rows: int, direction: str
) -> None:
    walked = await small.walk(rows_per_page=rows, sort_direction=direction)
    uuids = [record["uuid"] for record in walked]
    assert len(set(uuids)) == len(uuids) > 50
    assert uuids == [
        record["uuid"] for record in await small.walk(rows_per_page=50, sort_direction=direction)
    ]
    assert uuids == sorted(uuids, reverse=direction == "DESC")


@pytest.mark.parametrize("field", RECORD_FIELDS)
async def test_every_field_sorts_in_both_directions(small: Account, field: str) -> None:
    everything = await small.walk(rows_per_page=100)
    for direction in ("ASC", "DESC"):
        values = [
            record[field]
            for record in await small.walk(rows_per_page=9, sort_by=field, sort_direction=direction)
        ]
        assert values == sorted((record[field] for record in everything), reverse=direction == "DESC")


@pytest.mark.parametrize("field", RECORD_FIELDS)
async def test_every_field_filters(small: Account, field: str) -> None:
    everything = await small.walk(rows_per_page=100)
    wanted = everything[len(everything) // 2][field]
    found = await small.walk(rows_per_page=3, filter={field: wanted})
    assert found == [record for record in everything if record[field] == wanted]
    total = (await small.page(filter={field: wanted}))["total"]
    assert total == len(found) if field != "status" else total >= len(found)


async def test_criteria_add_up(small: Account) -> None:
    everything = await small.walk(rows_per_page=100)
    wanted = {"status": "READ", "country_code": 387}
    matching = [
        record for record in everything if (record["status"], record["country_code"]) == ("READ", 387)
    ]
    page = await small.page(rows_per_page=100, filter=wanted)
    assert page["list"] == matching
    assert page["total"] == len(matching) > 0
    assert (page["total_pages"], page["has_next_page"]) == (1, False)


async def test_a_filter_that_nothing_matches_gives_an_empty_page(small: Account) -> None:
    page = await small.page(filter={"status": "LOST"})
    assert (page["total"], page["total_pages"], page["has_next_page"], page["list"]) == (0, 0, False, [])


async def test_the_totals_of_the_statuses_are_the_total_of_all(small: Account) -> None:
    assert sum((await small.totals()).values()) == (await small.page())["total"]


@pytest.mark.parametrize(("page", "rows"), [(1, 100), (2, 20), (3, 1)])
async def test_pagination_fields_agree_with_each_other(small: Account, page: int, rows: int) -> None:
    answer = await small.page(page=page, rows_per_page=rows, filter={"country": "Croatia"})
    assert answer["total_pages"] == math.ceil(answer["total"] / rows)
    assert answer["has_next_page"] == (page * rows < answer["total"])
    assert answer["has_previous_page"] == (page > 1)


async def test_a_page_behind_the_last_is_empty(small: Account) -> None:
    page = await small.page(page=10**30, filter={"country": "Croatia"})
    assert (page["list"], page["has_next_page"], page["has_previous_page"]) == ([], False, True)


async def test_the_oldest_message_in_flight_and_the_newest_settled_one_cost_one_record() -> None:
    async with account(messages_per_hour=600, scenario="stuck-queue") as busy:
        busy.clock.now = NOON + 600
        for status in ("PENDING", "READ", "EXPIRED", "FAILED"):
            for direction, best in (("ASC", min), ("DESC", max)):
                wanted = {"status": status}
                page = await busy.page(rows_per_page=1, sort_direction=direction, filter=wanted)
                times = [record["timestamp"] for record in await busy.walk(rows_per_page=100, filter=wanted)]
                assert [record["timestamp"] for record in page["list"]] == [best(times)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"page": 0}, "page"),
        ({"page": -1}, "page"),
        ({"page": "1"}, "page"),
        ({"page": 1.0}, "page"),
        ({"page": True}, "page"),
        ({"rows_per_page": 0}, "rows_per_page"),
        ({"rows_per_page": 101}, "rows_per_page"),
        ({"rows_per_page": []}, "rows_per_page"),
        ({"sort_by": "colour"}, "sort_by"),
        ({"sort_by": 1}, "sort_by"),
        ({"sort_direction": "UP"}, "sort_direction"),
        ({"sort_direction": "asc"}, "sort_direction"),
        ({"filter": "FAILED"}, "filter"),
        ({"filter": ["status"]}, "filter"),
        ({"filter": {"colour": "red"}}, "filter"),
        ({"filter": {"status": ["FAILED"]}}, "filter"),
        ({"filter": {"status": None}}, "filter"),
        ({"filter": {"country_code": "387"}}, "filter"),
        ({"filter": {"country_code": True}}, "filter"),
    ],
)
async def test_faulty_paging_or_filters_are_refused(
    small: Account, body: dict[str, Any], reason: str
) -> None:
    answer = await small.post("tdr", body)
    assert answer.status_code == 400
    assert reason in answer.json()["message"]


plausible_pages = st.fixed_dictionaries(
    {},
    optional={
        "page": st.integers(-1, 10),
        "rows_per_page": st.integers(-1, 200),
        "sort_by": st.sampled_from(list(RECORD_FIELDS)),
        "sort_direction": st.sampled_from(["ASC", "DESC"]),
        "filter": documents(RECORD_FIELDS),
    },
)
odd_pages = documents(["page", "rows_per_page", "sort_by", "sort_direction", "filter"])


@given(plausible_pages | odd_pages)
def test_any_request_gets_a_page_or_a_reason(request_: dict[str, Any]) -> None:
    records = Records(complete_from=0.0, forgotten=Counter(), kept=100)
    for serial in range(30):
        records.add(Message(serial, float(serial), NETWORKS[serial % 5], 300, ()))
    try:
        request = PageRequest.parse(request_)
    except BadRequest:
        return
    page = list_page(request, records, record_fields(seed=1))
    assert len(page["list"]) <= min(request.rows_per_page, page["total"])


async def test_null_stands_for_the_default(small: Account) -> None:
    nothing = dict.fromkeys(("page", "rows_per_page", "sort_by", "sort_direction", "filter"))
    assert await small.page(**nothing) == await small.page()
