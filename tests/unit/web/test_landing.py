"""The landing page, from collectors whose results are given."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery, Value
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.collector import Collector
from betatel_exporter.recent import Destination, DestinationCounts, Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult
from betatel_exporter.web.landing import DETAILED, LandingPage

NOW = 1_700_000_000.0
QUERIES: tuple[StatsQuery | RecordsQuery, ...] = (
    *(StatsQuery(window) for window in (Window.LAST_5_MINUTES, Window.LAST_HOUR, Window.LAST_24_HOURS)),
    *(RecordsQuery(status) for status in Status),
)
HTTP_401 = Failure(Reason.UNAUTHORIZED, "HTTP 401 <b>")


def results(failed: float = 2, *, failures: int = 0) -> dict[str, QueryResult]:
    """Of an ordinary day but for `failed` requests of 50 in the last 5 minutes; the first `failures` queries failed."""

    def outcome(number: int, query: StatsQuery | RecordsQuery) -> Value | Failure:
        if number < failures:
            return HTTP_401
        match query:
            case StatsQuery(window=Window.LAST_5_MINUTES):
                return Stats(50, 50 - failed, {"EUR": 0.5})
            case StatsQuery(window=Window.LAST_HOUR):
                return Stats(600, 576, {"EUR": 6})
            case StatsQuery():
                return Stats(14400, 13824, {"EUR": 144.5, "USD": 1})
        return Records(1234, NOW)

    return {
        query.name: QueryResult(query, outcome(number, query), 0.1, NOW)
        for number, query in enumerate(QUERIES)
    }


def recent(**people: tuple[int, int]) -> dict[str, QueryResult]:
    """People reached and not reached by network."""
    counts = {
        Destination("Utopia", network): DestinationCounts(dict.fromkeys(Status, 0), reached, unreached)
        for network, (reached, unreached) in people.items()
    }
    value = Recent(counts, 1800.0, 1.0, None, {})
    return {"tdr/recent": QueryResult(RecentQuery(b"key"), value, 0.1, NOW)}


def collector(
    account: str, found: Mapping[str, QueryResult], cooldown_until: float | None = None
) -> Collector:
    fake = SimpleNamespace(account=account, queries=QUERIES, results=found, cooldown_until=cooldown_until)
    return cast("Collector", fake)


def render(*collectors: Collector, budgets: Mapping[str, Mapping[str, float]] | None = None) -> str:
    page = LandingPage(collectors, budgets or {}, "1.2.3", "/metrics")
    page.record([each.account for each in collectors], NOW)
    return page.render(NOW + 60)


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        if tag not in {"meta", "line", "polyline"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def text(page: str) -> str:
    parser = _Balanced()
    parser.feed(page.replace("/>", ">"))
    assert parser.open == []
    return " ".join(parser.text.split())


def test_an_ordinary_account_shows_its_numbers_and_is_up() -> None:
    shown = text(render(collector("shop", results()), budgets={"shop": {"EUR": 100.0}}))
    for part in (
        "Up shop up metrics",
        "usually 4.0% failed",
        "last5m 50 2 4.0%",
        "last24h 14,400 576 4.0%",
        "FAILED 1,234",
        "EUR 144.50 100.00",
        "the oldest result 1 min old",
    ):
        assert part in shown, part


def test_failing_codes_are_red_and_so_is_spend_over_its_budget() -> None:
    page = render(collector("shop", results(failed=20)), budgets={"shop": {"EUR": 100.0, "USD": 5.0}})
    assert '<p class="summary bad">Codes are failing</p>' in page
    assert '<td class="number bad">40.0%</td>' in page
    assert '<td class="number bad">144.50</td>' in page
    assert '<td class="number">1.00</td>' in page


def test_a_destination_whose_people_are_not_reached_is_named_and_red() -> None:
    page = render(collector("shop", results() | recent(Fine=(90, 4), Dead=(0, 9), Busy=(40, 3))))
    assert '<p class="summary bad">A destination is failing</p>' in page
    assert "shop Dead (Utopia) is failing" in text(page)
    assert "People not reached: 16 of 146" in text(page)
    assert re.findall("<td>Utopia</td><td>([A-Z][a-z]+)</td>", page) == ["Dead", "Fine", "Busy"]
    assert re.findall(r'class="number bad">([^<]*)<', page) == ["100.0%"]


def test_a_destination_that_fails_no_more_than_the_others_is_not_marked() -> None:
    for people in ({"Only": (40, 2)}, {"One": (3, 3), "Two": (4, 3)}, {"Small": (0, 2), "Big": (50, 2)}):
        page = render(collector("shop", results() | recent(**people)))
        assert '<p class="summary good">Up</p>' in page, people


def test_failed_queries_are_one_row_a_cause_and_hide_no_other_number() -> None:
    page = render(collector("shop", results(failures=2)))
    assert "2 of 10 queries failed" in page
    assert "HTTP 401 &lt;b&gt;" in page
    assert page.count("unauthorized") == 1
    assert "FAILED 1,234" in text(page)


def test_an_account_without_data_is_red_and_one_not_scraped_yet_is_not() -> None:
    assert "no data" in text(render(collector("shop", results(failures=10))))
    assert '<p class="summary unknown">Not scraped yet</p>' in render(collector("shop", {}))


def test_the_worst_account_comes_first_and_a_hundred_stay_readable() -> None:
    accounts = [collector(f"account-{number:02}", results()) for number in range(97)]
    accounts += [
        collector("silent", results(failures=10)),
        collector("burning", results(failed=25)),
        collector("blind", results(failures=1)),
    ]
    page = render(*accounts)
    assert "100 accounts: 1 codes are failing, 1 no data, 1 some data missing, 97 up" in text(page)
    assert re.findall("<h2>([a-z]+)</h2>", page)[:3] == ["burning", "silent", "blind"]
    assert page.count("<h2>") == DETAILED
    assert all(f"account={each.account}" in page for each in accounts)
    assert len(page) < 100_000


def test_a_cool_down_is_shown() -> None:
    assert "in cool-down for 1 min" in text(render(collector("shop", results(), cooldown_until=NOW + 120)))


def test_pictures_show_the_last_hour() -> None:
    shop = collector("shop", results())
    page = LandingPage([shop], {}, "1.2.3", "/metrics")
    assert "<svg" not in page.render(NOW)
    for minute in range(3):
        page.record(["shop"], NOW + 60 * minute)
    assert page.render(NOW + 180).count("<polyline") == 2


def test_the_page_loads_nothing_and_renews_itself_without_script() -> None:
    page = render(collector("shop", results()))
    assert '<meta http-equiv="refresh" content="10">' in page
    assert not re.search(r"<script|<link|<img|src=|url\(| on[a-z]+=", page)
    assert {part.split('"')[0] for part in page.split('="http')[1:]} == {
        "s://github.com/betatel-exporter/betatel-exporter"
    }
