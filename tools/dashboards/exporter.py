"""Can I trust these numbers?"""

from tools.dashboards import looks, promql
from tools.dashboards.dashboard import annotation, dashboard, line, row
from tools.dashboards.looks import ANY, GREEN, LIMITS, NO_EXPORTER, ORANGE, RED, Words, drawn
from tools.dashboards.panels import Panel, label, moment, table, value
from tools.dashboards.promql import ACCOUNT, KNOWN_ACCOUNTS, REACHED, TARGET, latest, of_exporters
from tools.dashboards.shared import oldest_data

NO_CALLS = "no calls"
COLLECTIONS: Words = {0: ("no query", RED), 1: ("some queries", ORANGE), 2: ("all", GREEN)}
UP_OR_DOWN: Words = {0: ("down", RED), 1: ("up", GREEN)}

START = f"process_start_time_seconds{{{TARGET}}}"
FAILURES = f"betatel_api_failures_total{{{ACCOUNT}}}[$__rate_interval]"
INCOMPLETE = f"count({KNOWN_ACCOUNTS} unless {latest('betatel_up')} == 1)"
COOLDOWN = f"{latest('betatel_api_cooldown_until_timestamp_seconds')} - time()"
SUCCESS = latest("betatel_scrape_query_success", "query")
FAILED = f"1 - avg_over_time(betatel_scrape_query_success{{{ACCOUNT}}}[$__range])"
SCRAPE = of_exporters(f"max by (job, instance) (scrape_duration_seconds{{{TARGET}}})")
BUCKETS = f"rate(betatel_api_request_duration_seconds_bucket{{{TARGET}}}[$__rate_interval])"
SENT = f"rate(betatel_api_requests_total{{{ACCOUNT}}}[$__rate_interval])"
MEMORY = f"process_resident_memory_bytes{{{TARGET}}}"
CPU = f"rate(process_cpu_seconds_total{{{TARGET}}}[$__rate_interval])"
BY = "max by (job, instance)"

TILES = [
    Panel(
        "Exporters down",
        "Exporters that Prometheus does not reach.",
        {"down": f"count(({REACHED}) == 0)\nor 0 * count({REACHED})"},
    ).stat(no_value=NO_EXPORTER, absent=RED, limit=ANY, name=False),
    Panel(
        "Incomplete",
        "Accounts of which a query failed, or without a collection. A failed query's numbers are missing, not zero.",
        {"incomplete": f"{INCOMPLETE}\nor 0 * count({KNOWN_ACCOUNTS})"},
    ).stat(no_value=NO_EXPORTER, limit=ANY, color=ORANGE, name=False),
    oldest_data(),
    Panel(
        "Longest collection",
        "Duration of the latest collection, in the account where it took longest.",
        f"topk(1, {latest('betatel_scrape_duration_seconds')})",
    ).stat(unit="s"),
    Panel(
        "Failed calls, lately",
        "HTTP requests to the API that failed in the last minutes, of all exporters.",
        {"failed": f"sum(increase({FAILURES}))"},
    ).stat(limit=ANY, color=ORANGE, decimals=0, name=False),
    Panel(
        "Rate limit",
        "Time until requests resume after a 429 with Retry-After, in the account that waits longest.",
        {"waiting": f"max({COOLDOWN} > 0)\nor 0 * count({KNOWN_ACCOUNTS})"},
    ).stat(
        unit="dthms", no_value=NO_EXPORTER, limit=ANY, color=ORANGE, words={0: ("none", GREEN)}, name=False
    ),
]

RESULTS = [
    Panel(
        "Scrapes and collections",
        "Above: whether Prometheus reached each exporter. Below: whether all, some or none of an account's queries "
        "succeeded. A gap is a time without a scrape. No query of a reached exporter: the API, the key or the network.",
        {
            "{{instance}}": f"2 * {REACHED}",
            "{{account}}": f"max by (account) ({SUCCESS}) + min by (account) ({SUCCESS})",
        },
    ).lanes(no_value=NO_EXPORTER, words=COLLECTIONS),
    table(
        "Failed queries",
        "Queries that failed in the time shown, most often first. Only the failed query's numbers are missing.",
        [
            label("account"),
            label("query"),
            value("Failed", f"max by (account, query) ({FAILED}) > 0", "percentunit", 1),
            value("Data age", promql.DATA_AGE, "dthms", 0, LIMITS["stale_seconds"]),
        ],
        no_value="every query succeeded",
        sort=["-Failed"],
    ),
]

CALLS = [
    Panel(
        "Failed calls a minute, by reason",
        "unauthorized: the key. rate_limited: scrape less often. timeout, connect, tls: the network to the API. "
        "server_error, invalid_response: the API itself. internal: a fault of the exporter.",
        {"{{reason}}": f"60 * sum by (reason) (rate({FAILURES})) > 0"},
    ).timeseries(unit="cpm", no_value="no failed call", stacked="bars", overrides=looks.lines(looks.REASON)),
    Panel(
        "Duration of collections",
        "The slowest query of each account; dashed: the longest scrape as Prometheus saw it. Queries run in parallel.",
        {"{{account}}": latest("betatel_scrape_query_duration_seconds"), "scrape": f"max({SCRAPE})"},
    ).timeseries(unit="s", overrides=[drawn("scrape", looks.GREY, **looks.DASHED)]),
    Panel(
        "API response times",
        "Median and 95th percentile of the HTTP requests of all exporters.",
        {
            "{{operation}} median": f"histogram_quantile(0.5, sum by (le, operation) ({BUCKETS}))",
            "{{operation}} 95 %": f"histogram_quantile(0.95, sum by (le, operation) ({BUCKETS}))",
        },
    ).timeseries(
        unit="s",
        no_value=NO_CALLS,
        overrides=[
            drawn("stats median", looks.BLUE),
            drawn("tdr median", looks.TEAL),
            drawn("stats 95 %", looks.BLUE, **looks.DASHED),
            drawn("tdr 95 %", looks.TEAL, **looks.DASHED),
        ],
    ),
]

PROCESSES = table(
    "Exporters",
    "What runs where. Restarts of a process in the time shown; a replaced pod is a new instance instead.",
    [
        *map(label, ("job", "instance", "version", "revision")),
        label("python_version", "Python"),
        value("Exporter", f"betatel_exporter_build_info{{{TARGET}}}", "none", words=UP_OR_DOWN),
        moment("Started", f"1000 * {BY} ({of_exporters(START)})", "unknown"),
        value("Restarts", f"{BY} ({of_exporters(f'changes({START}[$__range])')})", "none", 0),
    ],
    no_value=NO_EXPORTER,
    sort=["Job", "Instance"],
)

RESOURCES = [
    Panel(
        "Calls a minute",
        "HTTP requests sent to the API. Every exporter of an account sends its own.",
        f"60 * sum by (account) ({SENT})",
    ).timeseries(unit="cpm", no_value=NO_CALLS),
    Panel("Memory", "Resident memory of each process.", {"{{instance}}": of_exporters(MEMORY)}).timeseries(
        unit="bytes", no_value=NO_EXPORTER
    ),
    Panel(
        "CPU", "CPU time used by each process: 100 % is one core.", {"{{instance}}": of_exporters(CPU)}
    ).timeseries(unit="percentunit", no_value=NO_EXPORTER),
]

STARTS = annotation(
    "Exporter starts",
    f"{of_exporters(f'1000 * {START}')}\nunless ({START} offset $__interval == {START})",
    "blue",
    titleFormat="{{instance}} started",
    useValueForTime=True,  # the value is the time of the start
)

EXPORTER = dashboard(
    "betatel-exporter",
    "Can I trust these numbers? Whether Prometheus reaches the exporter and the exporter the API, and how fast.",
    line(4, *TILES),
    line(9, *RESULTS, widths=(14, 10)),
    line(8, *CALLS),
    *row("The process", line(5, PROCESSES), line(8, *RESOURCES), collapsed=True),
    since="3h",
    marks=[STARTS],
)
