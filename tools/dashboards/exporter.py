"""Can I trust these numbers?"""

from tools.dashboards import looks, promql
from tools.dashboards.dashboard import Line, Section, account, dashboard, restarts
from tools.dashboards.looks import Json, Words
from tools.dashboards.panels import lanes, stat, timeseries
from tools.dashboards.promql import ACCOUNT, TARGET, latest, of_exporters
from tools.dashboards.shared import oldest_data
from tools.dashboards.tables import Column, Label, moment, table

NO_CALLS = "no calls"
COLLECTIONS: Words = {0: ("no query", looks.RED), 1: ("some queries", looks.ORANGE), 2: ("all", looks.GREEN)}


def exporter() -> Json:
    return dashboard(
        "betatel-exporter",
        "Betatel / Exporter",
        "Can I trust these numbers? Whether Prometheus reaches the exporter and the exporter the API, and how fast.",
        variables=[account()],
        content=[
            Line(4, [(4, tile) for tile in _tiles()]),
            Line(9, [(14, _collections()), (10, _queries())]),
            Line(8, [(8, _failures()), (8, _durations()), (8, _latency())]),
            Section(
                "The process",
                [Line(5, [(24, _processes())]), Line(8, [(8, _calls()), (8, _memory()), (8, _processor())])],
                collapsed=True,
            ),
        ],
        since="3h",
        marks=[restarts()],
    )


def _tiles() -> list[Json]:
    down = f"count(({promql.reached()}) == 0)\nor 0 * count({promql.reached()})"
    incomplete = f"count({promql.known_accounts()} unless {latest('betatel_up')} == 1)"
    none = f"0 * count({promql.known_accounts()})"
    failures = f"increase(betatel_api_failures_total{{{ACCOUNT}}}[$__rate_interval])"
    until = latest("betatel_api_cooldown_until_timestamp_seconds")
    return [
        stat(
            "Exporters down",
            "Exporters that Prometheus does not reach.",
            {"down": down},
            no_value=looks.NO_EXPORTER,
            absent=looks.RED,
            steps=looks.ANY_IS_BAD,
            text="value",
        ),
        stat(
            "Incomplete",
            "Accounts of which at least one query failed in the latest collection, or that are not collected at all. The "
            "numbers of such a query are missing on these dashboards, not zero.",
            {"incomplete": f"{incomplete}\nor {none}"},
            no_value=looks.NO_EXPORTER,
            steps=looks.ANY_NEEDS_A_LOOK,
            text="value",
        ),
        oldest_data(),
        stat(
            "Longest collection",
            "How long the latest collection took, in the account where it took longest. The exporter ends it before "
            "Prometheus would give up.",
            promql.worst(latest("betatel_scrape_duration_seconds")),
            unit="s",
        ),
        stat(
            "Failed calls, lately",
            "HTTP requests to the API that failed in the last minutes, of all exporters.",
            {"failed": f"sum({failures})"},
            steps=looks.ANY_NEEDS_A_LOOK,
            decimals=0,
            text="value",
        ),
        stat(
            "Rate limit",
            "How long the exporter sends no request, because the API answered 429 with Retry-After. Of the account that "
            "waits longest.",
            {"waiting": f"max({until} - time() > 0)\nor {none}"},
            unit="dthms",
            no_value=looks.NO_EXPORTER,
            steps=looks.ANY_NEEDS_A_LOOK,
            words={0: ("none", looks.GREEN)},
            text="value",
        ),
    ]


def _collections() -> Json:
    success = latest("betatel_scrape_query_success", "query")
    return lanes(
        "Scrapes and collections",
        "Above, whether Prometheus reached each exporter; below, whether all, some or none of an account's queries "
        "succeeded. A gap is a time without a scrape. Reached without queries: the API, the key or the network to it.",
        {
            "{{instance}}": f"2 * {promql.reached()}",
            "{{account}}": f"max by (account) ({success}) + min by (account) ({success})",
        },
        no_value=looks.NO_EXPORTER,
        words=COLLECTIONS,
    )


def _queries() -> Json:
    share = f"1 - avg_over_time(betatel_scrape_query_success{{{ACCOUNT}}}[$__range])"
    return table(
        "Failed queries",
        "The queries that failed in the time shown, most often first. A failed one costs its own numbers only.",
        [Label("account", "Account"), Label("query", "Query")],
        [
            Column("Failed", f"max by (account, query) ({share}) > 0", "percentunit", 1),
            Column("Data age", promql.data_age(), "dthms", 0, looks.marked(looks.limit("stale_seconds"))),
        ],
        no_value="every query succeeded",
        sort=["-Failed"],
    )


def _failures() -> Json:
    failed = f"rate(betatel_api_failures_total{{{ACCOUNT}}}[$__rate_interval])"
    return timeseries(
        "Failed calls a minute, by reason",
        "unauthorized: the key. rate_limited: ask less often. timeout, connect, tls: the network to the API. "
        "server_error, invalid_response: the API itself. internal: a fault of the exporter.",
        {"{{reason}}": f"60 * sum by (reason) ({failed}) > 0"},
        unit="cpm",
        no_value="no failed call",
        bars=True,
        overrides=looks.lines(looks.REASON),
    )


def _durations() -> Json:
    scrape = f"max by (job, instance) (scrape_duration_seconds{{{TARGET}}})"
    return timeseries(
        "Duration of collections",
        "How long the slowest query of each account took, and dashed the longest whole scrape as Prometheus saw it. "
        "Queries run at the same time: a scrape takes about as long as the slowest of them.",
        {
            "{{account}}": latest("betatel_scrape_query_duration_seconds"),
            "scrape": f"max({of_exporters(scrape)})",
        },
        unit="s",
        overrides=[looks.drawn("scrape", looks.GREY, dashed=True)],
    )


def _latency() -> Json:
    buckets = f"betatel_api_request_duration_seconds_bucket{{{TARGET}}}"
    rates = f"sum by (le, operation) (rate({buckets}[$__rate_interval]))"
    colors = {"stats": looks.BLUE, "tdr": looks.TEAL}
    return timeseries(
        "API response times",
        "Median and 95th percentile of the HTTP requests of all exporters.",
        {
            "{{operation}} median": f"histogram_quantile(0.5, {rates})",
            "{{operation}} 95 %": f"histogram_quantile(0.95, {rates})",
        },
        unit="s",
        no_value=NO_CALLS,
        overrides=[
            *(looks.drawn(f"{operation} median", color) for operation, color in colors.items()),
            *(looks.drawn(f"{operation} 95 %", color, dashed=True) for operation, color in colors.items()),
        ],
    )


def _processes() -> Json:
    start = f"process_start_time_seconds{{{TARGET}}}"
    by = "max by (job, instance)"
    about = {"job": "Job", "instance": "Instance", "version": "Version", "revision": "Revision"}
    return table(
        "Exporters",
        "What runs where. Restarts of a process in the time shown; a replaced pod is a new instance instead.",
        [Label(label, name) for label, name in {**about, "python_version": "Python"}.items()],
        [
            Column("Exporter", f"betatel_exporter_build_info{{{TARGET}}}", "none", words=looks.UP_OR_DOWN),
            moment("Started", f"1000 * {by} ({of_exporters(start)})", "unknown"),
            Column("Restarts", f"{by} ({of_exporters(f'changes({start}[$__range])')})", "none", 0),
        ],
        no_value=looks.NO_EXPORTER,
        sort=["Job", "Instance"],
    )


def _calls() -> Json:
    sent = f"rate(betatel_api_requests_total{{{ACCOUNT}}}[$__rate_interval])"
    return timeseries(
        "Calls a minute",
        "HTTP requests sent to the API. Every exporter of an account sends its own.",
        f"60 * sum by (account) ({sent})",
        unit="cpm",
        no_value=NO_CALLS,
    )


def _memory() -> Json:
    return timeseries(
        "Memory",
        "Resident memory of each process.",
        {"{{instance}}": of_exporters(f"process_resident_memory_bytes{{{TARGET}}}")},
        unit="bytes",
        no_value=looks.NO_EXPORTER,
    )


def _processor() -> Json:
    return timeseries(
        "CPU",
        "Processor time each process used: 100 % is one core.",
        {"{{instance}}": of_exporters(f"rate(process_cpu_seconds_total{{{TARGET}}}[$__rate_interval])")},
        unit="percentunit",
        no_value=looks.NO_EXPORTER,
    )
