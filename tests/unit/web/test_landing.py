"""The landing page, from collectors whose results are given."""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import pytest

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Query, Records, RecordsQuery, Stats, StatsQuery, Value
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.collector import Collector
from betatel_exporter.recent import Destination, DestinationCounts, Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult
from betatel_exporter.web.account_view import AccountView, Share
from betatel_exporter.web.history import HEIGHT, SPAN, STEP, WIDTH, History, picture
from betatel_exporter.web.landing import DETAILED, LandingPage

NOW = 1_700_000_000.0
HTTP_401 = Failure(Reason.UNAUTHORIZED, "HTTP 401 <b>")


def results(failed: float = 2, *, failures: int = 0) -> dict[str, QueryResult]:
    """Of an ordinary day but for `failed` requests of 50 in the last 5 minutes; the first `failures` queries failed."""
    values: dict[Query, Value] = {
        StatsQuery(Window.LAST_5_MINUTES): Stats(50, 50 - failed, {"EUR": 0.5}),
        StatsQuery(Window.LAST_HOUR): Stats(600, 576, {"EUR": 6}),
        StatsQuery(Window.LAST_24_HOURS): Stats(14400, 13824, {"EUR": 144.5, "USD": 1}),
        **{RecordsQuery(status): Records(1234, NOW) for status in Status},
    }
    return {
        query.name: QueryResult(query, HTTP_401 if number < failures else value, 0.1, NOW)
        for number, (query, value) in enumerate(values.items())
    }


def recent(**people: tuple[int, int]) -> dict[str, QueryResult]:
    """Recipients reached and unreached by network."""
    counts = {
        Destination("Utopia", network): DestinationCounts({}, reached, unreached)
        for network, (reached, unreached) in people.items()
    }
    value = Recent(counts, 1800.0, 1.0, None, {})
    return {"tdr/recent": QueryResult(RecentQuery(b"key"), value, 0.1, NOW)}


def collector(account: str, found: Mapping[str, QueryResult], cooldown: float | None = None) -> Collector:
    fake = SimpleNamespace(account=account, queries=[None] * 10, results=found, cooldown_until=cooldown)
    return cast("Collector", fake)


def shop(found: Mapping[str, QueryResult], cooldown: float | None = None) -> Collector:
    return collector("shop", found, cooldown)


def render(*collectors: Collector, **budget: float) -> str:
    """A minute after a scrape."""
    times = iter([NOW, NOW + 60])
    page = LandingPage(collectors, {"shop": budget}, "1.2.3", "/metrics", times.__next__)
    page.record([each.account for each in collectors])
    return page.render()


class Balanced(HTMLParser):
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
    parser = Balanced()
    parser.feed(page.replace("/>", ">"))
    assert parser.open == []
    return " ".join(parser.text.split())


ORDINARY = ["shop up metrics", "usually 4.0% failed", "last5m 50 2 4.0%", "last24h 14,400 576 4.0%"]
BUSY = results() | recent(Fine=(90, 4), Dead=(0, 9), Busy=(40, 3))
FEW = {"Only": (40, 2)}, {"One": (3, 3), "Two": (4, 3)}, {"Small": (0, 2), "Big": (50, 2)}, {"All": (9, 0)}


@pytest.mark.parametrize(
    ("found", "summary", "parts", "red"),
    [
        pytest.param(
            results(), "good>Up", [*ORDINARY, "FAILED 1,234", "result 1 min old"], ["144.50"], id="ordinary"
        ),
        pytest.param(results(20), "bad>Codes are failing", [], ["40.0%", "144.50"], id="codes failing"),
        pytest.param(
            BUSY,
            "bad>A destination is failing",
            [
                "Dead (Utopia) is failing",
                "Unreached recipients: 16 of 146",
                "Utopia Dead 9 9 100.0% Utopia Fine 4 94",
            ],
            ["100.0%", "144.50"],
            id="destination failing",
        ),
        *(
            pytest.param(
                results() | recent(**people), "good>Up", [], ["144.50"], id="no worse than elsewhere"
            )
            for people in FEW
        ),
        pytest.param(
            results(failures=2),
            "warn>Some data missing",
            ["2 of 10 queries failed", "unauthorized HTTP 401 <b> stats/last5m, stats/lasth", "FAILED 1,234"],
            ["144.50"],
            id="one cause",
        ),
        pytest.param(results(failures=10), "bad>No data", ["unauthorized"], [], id="no data"),
        pytest.param({}, "unknown>Not scraped yet", [], [], id="not scraped yet"),
    ],
)
def test_an_account_shows_its_state_and_its_numbers(
    found: Mapping[str, QueryResult], summary: str, parts: Sequence[str], red: Sequence[str]
) -> None:
    page = render(shop(found), EUR=100.0, USD=5.0)
    assert re.findall('<p class="summary (.*)</p>', page.replace('">', ">")) == [summary]
    assert [part for part in parts if part not in text(page)] == []
    assert re.findall('<td class="number bad">([^<]*)<', page) == red


def test_a_share_is_worse_by_effect_evidence_and_a_few_failures() -> None:
    cases = {(20, 50): True, (3, 3): True, (2, 2): False, (5, 50): False, (5, 30): False, (0, 0): False}
    assert {each: Share(*each).is_worse_than(Share(40, 1000)) for each in cases} == cases
    assert Share(20, 50).is_worse_than(Share(0, 1000))
    assert not Share(20, 50).is_worse_than(Share(0, 0))
    assert not Share(500, 500).is_worse_than(Share(500, 500))


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
    assert "in cool-down for 1 min" in text(render(shop(results(), cooldown=NOW + 120)))


def test_the_page_loads_nothing_and_renews_itself_without_script() -> None:
    page = render(shop(results()))
    assert '<meta http-equiv="refresh" content="10">' in page
    assert not re.search(r"<script|<link|<img|src=|url\(| on[a-z]+=", page)
    docs = "https://github.com/betatel-exporter/betatel-exporter"
    assert re.findall('"(https?:[^"]*)"', page) == [docs]


def test_the_pictures_are_those_with_a_value() -> None:
    for found, pictures in ({}, 0), (results(), 2), (results() | recent(Fine=(9, 1)), 3):
        assert render(shop(found)).count("<polyline") == pictures


def points(*series: tuple[float, float | None]) -> list[str]:
    """Of the lines of a picture whose hour begins at 0."""
    return re.findall('points="([^"]*)"', picture("requests", series, SPAN, 10))


def test_values_are_drawn_to_scale_and_gaps_stay_gaps() -> None:
    half, bottom, middle = WIDTH / 2, f"{HEIGHT:.1f}", f"{HEIGHT / 2:.1f}"
    series = (0, 0), (SPAN / 2, 20), (SPAN * 0.6, None), (SPAN, 10)
    assert points(*series) == [
        f"0.0,{bottom} {half:.1f},0.0 {half:.1f},0.0",
        f"{WIDTH:.1f},{middle} {WIDTH:.1f},{middle}",
    ]
    assert points((SPAN, 5)) == [f"{WIDTH:.1f},{middle} {WIDTH:.1f},{middle}"]
    assert points((SPAN, None)) == []


def test_an_hour_is_kept_in_bounded_memory_however_often_scrapes_come() -> None:
    view = AccountView(shop({}))
    for interval in (0.01, 1.0, 7.0, 60.0, 900.0):
        history = History()
        for number in range(20_000):
            history.record(view, number * interval)
        times = [point.time for point in history.points]
        newest = 19_999 * interval
        assert times[-1] == newest
        assert newest - times[0] <= SPAN
        assert newest - times[0] >= min(newest, SPAN) - max(interval, 2 * STEP)
        assert len(times) <= 2 * SPAN / STEP + 2
