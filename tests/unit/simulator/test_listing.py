import math
from collections.abc import AsyncIterator

import pytest

from betatel_exporter.simulator.listing import Filter
from tests.unit.simulator.account import Account, account

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
    total = page.pop("total")
    assert total == sum((await small.totals()).values()) > 100
    assert page == {
        "page": 1,
        "rows_per_page": 20,
        "sort_by": "timestamp",
        "sort_direction": "DESC",
        "total_pages": math.ceil(total / 20),
        "has_next_page": True,
        "has_previous_page": False,
    }
    nulls = dict.fromkeys(("page", "rows_per_page", "sort_by", "sort_direction", "filter"))
    assert await small.page(**nulls) == await small.page()


async def test_pages_of_any_size_hold_every_record_once(small: Account) -> None:
    for direction in ("ASC", "DESC"):
        for rows in (1, 7, 100):
            walked = await small.walk(rows_per_page=rows, sort_direction=direction)
            uuids = [record["uuid"] for record in walked]
            assert len(set(uuids)) == len(uuids) > 50
            assert uuids == sorted(uuids, reverse=direction == "DESC")


async def test_every_field_sorts_and_filters(small: Account) -> None:
    everything = await small.walk(rows_per_page=100)
    for field in Filter.model_fields:
        for direction in ("ASC", "DESC"):
            walked = await small.walk(rows_per_page=9, sort_by=field, sort_direction=direction)
            values = [record[field] for record in walked]
            assert values == sorted((record[field] for record in everything), reverse=direction == "DESC")
        wanted = everything[len(everything) // 2][field]
        found = await small.walk(rows_per_page=3, filter={field: wanted})
        assert found == [record for record in everything if record[field] == wanted]
        total = (await small.page(filter={field: wanted}))["total"]
        assert total == len(found) if field != "status" else total >= len(found)


async def test_criteria_add_up(small: Account) -> None:
    everything = await small.walk(rows_per_page=100)
    wanted = {"status": "READ", "country_code": 387}
    matching = [record for record in everything if wanted.items() <= record.items()]
    page = await small.page(rows_per_page=100, filter=wanted)
    assert page["list"] == matching
    assert page["total"] == len(matching) > 0
    nothing = await small.page(filter={"status": "LOST"})
    assert (nothing["total"], nothing["total_pages"], nothing["list"]) == (0, 0, [])


async def test_paging_fields_agree_also_past_the_end(small: Account) -> None:
    for page, rows in ((1, 100), (2, 20), (3, 1), (10**30, 20)):
        answer = await small.page(page=page, rows_per_page=rows, filter={"country": "Croatia"})
        assert answer["total_pages"] == math.ceil(answer["total"] / rows)
        assert answer["has_next_page"] == (page * rows < answer["total"])
        assert answer["has_previous_page"] == (page > 1)
        assert len(answer["list"]) == min(rows, max(0, answer["total"] - (page - 1) * rows))


async def test_new_records_move_the_others_down_between_two_pages() -> None:
    async with account(messages_per_hour=600) as busy:

        async def uuids(page: int) -> list[str]:
            return [record["uuid"] for record in (await busy.page(rows_per_page=100, page=page))["list"]]

        first = await uuids(1)
        busy.clock.now += 60
        second = await uuids(2)
        arrived = (await uuids(1)).index(first[0])
        assert 5 < arrived < 60
        assert second[:arrived] == first[100 - arrived :]
