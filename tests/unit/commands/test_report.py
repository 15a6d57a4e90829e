import json

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.models import Records, RecordsQuery, Stats, StatsQuery
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.commands.report import Checked, document, report
from betatel_exporter.recent import Destination, DestinationCounts, Recent, RecentQuery
from betatel_exporter.results import Failure, QueryResult, Snapshot

NOW = 1_700_000_000.0
HTTP_401 = Failure(Reason.UNAUTHORIZED, "HTTP 401")
COUNTS = DestinationCounts(dict.fromkeys(Status, 0) | {Status.READ: 7}, reached=5, unreached=1)
RESULTS = [
    QueryResult(StatsQuery(Window.LAST_HOUR), Stats(10, 9, {"EUR": 0.5, "USD": 1}), 0.1, NOW),
    QueryResult(RecordsQuery(Status.SENT), Records(3, NOW - 60), 0.2, NOW),
    QueryResult(RecordsQuery(Status.READ), Records(0, None), 0.2, NOW),
    QueryResult(
        RecentQuery(b"key"), Recent({Destination("Utopia", "One"): COUNTS}, 1800.0, 1.0, None, {}), 0.3, NOW
    ),
]
SUMMARY = "7 messages to 1 destinations in 30 min, 1 of 6 recipients not reached, coverage 100%"


def checked(*results: QueryResult, proxy: str | None = None) -> Checked:
    return Checked(Snapshot("shop", results, 0.3, {}), "https://api.example/hub", proxy)


def lines_of(*results: QueryResult) -> list[str]:
    return list(report([checked(*results)], NOW))


def test_each_success_is_a_line_with_its_value_and_the_cost_is_counted() -> None:
    assert lines_of(*RESULTS) == [
        "account shop: 4 queries in 0.30 s",
        "  https://api.example/hub",
        "  stats/lasth     ok        100 ms  requested 10, processed 9, billed 0.50 EUR, 1.00 USD",
        "  tdr/SENT        ok        200 ms  3 messages, oldest 60 s old",
        "  tdr/READ        ok        200 ms  0 messages",
        f"  tdr/recent      ok        300 ms  {SUMMARY}",
        "  verdict: every query succeeded",
        "API calls per day for each Prometheus server, by scrape interval:",
        "  15 s: 23,040",
        "  30 s: 11,520",
        "  60 s: 5,760",
        "  1 of 4 calls per scrape read recent records (--recent-pages)",
    ]


def test_equal_failures_are_one_line_with_one_verdict_and_one_hint() -> None:
    failed = [QueryResult(result.query, HTTP_401, 0.05, NOW) for result in RESULTS]
    assert lines_of(*failed)[2:5] == [
        "  4 queries       failed     50 ms  unauthorized: HTTP 401",
        "  verdict: the API rejects the key or the account id",
        "  hint: compare both with the provider's console: a key belongs to one account id",
    ]
    assert "    stats/lasth, tdr/SENT" in lines_of(*failed[:2], *RESULTS[2:])


def test_the_document_has_everything_for_a_script_and_the_proxy_without_its_password() -> None:
    failed = QueryResult(RESULTS[2].query, HTTP_401, 0.05, NOW)
    proxied = checked(*RESULTS[:2], failed, RESULTS[3], proxy="http://user:secret@proxy.example:3128")
    assert "  https://api.example/hub through the proxy http://proxy.example:3128" in report([proxied], NOW)
    whole = document([proxied])
    assert json.loads(json.dumps(whole)) == whole
    assert whole["exit_code"] == 3
    assert whole["calls_per_day"]["60"] == 4 * 1440
    (account,) = whole["accounts"]
    assert account["proxy"] == "http://proxy.example:3128"
    assert not account["up"]
    stats, sent, read, recent = account["queries"]
    assert [query["success"] for query in account["queries"]] == [True, True, False, True]
    assert stats["amounts"] == {"EUR": 0.5, "USD": 1}
    assert (sent["total"], sent["timestamp_seconds"]) == (3, NOW - 60)
    assert read["reason"] == "unauthorized"
    assert recent["destinations"] == [
        {"country": "Utopia", "network": "One", "messages": COUNTS.messages, "reached": 5, "unreached": 1}
    ]
