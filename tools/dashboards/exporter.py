"""Can I trust these numbers?"""

from tools.dashboards import limits, queries, tiles
from tools.dashboards.dashboard import Line, Section, account, dashboard, datasource, instance, job
from tools.dashboards.fields import GREY, OK_OR_FAILED, UP_OR_DOWN, Json, line, matching
from tools.dashboards.panels import Query, bargauge, stat, state_timeline, timeseries
from tools.dashboards.queries import ACCOUNT, TARGET, latest, of_exporters
from tools.dashboards.tables import Column, table
from tools.dashboards.tiles import NO_DATA


def exporter() -> Json:
    return dashboard(
        "betatel-exporter",
        "Betatel / Exporter",
        "Can I trust these numbers? Whether Prometheus reaches the exporter, the exporter the API, and how "
        "fast.",
        variables=[datasource(), job(), instance(), account()],
        content=[
            Line(5, [(4, tile) for tile in _tiles()]),
            Line(9, [(12, _collections()), (12, _queries())]),
            Line(9, [(12, _durations()), (12, _failures())]),
            Line(9, [(12, _ages()), (12, _latency())]),
            Section(
                "The process",
                [
                    Line(6, [(16, _versions()), (8, _restarts())]),
                    Line(8, [(8, _calls()), (8, _memory()), (8, _processor())]),
                ],
                collapsed=True,
            ),
        ],
        since="3h",
    )


def _tiles() -> list[Json]:
    return [
        tiles.exporter(),
        tiles.api(),
        tiles.data_age(),
        tiles.collection(),
        tiles.failed_calls(),
        tiles.rate_limit(),
    ]


def _collections() -> Json:
    return state_timeline(
        "Scrapes and collections",
        "Above, whether Prometheus reached each exporter (up); below, whether all of an account's queries "
        "succeeded (betatel_up). The first without the second: the API, the key or the network to it.",
        [
            Query(queries.reached(), "{{instance}} reached"),
            Query(
                f"max by (account, instance) (betatel_up{{{ACCOUNT}}})", "{{account}} complete, {{instance}}"
            ),
        ],
        no_value="no exporter",
        words=UP_OR_DOWN,
    )


def _queries() -> Json:
    return state_timeline(
        "Queries",
        "Whether each query of a collection succeeded. A failed one costs its own numbers only.",
        [Query(latest("betatel_scrape_query_success", "query"), "{{account}} {{query}}")],
        no_value=NO_DATA,
        words=OK_OR_FAILED,
    )


def _durations() -> Json:
    scrape = f"max by (job, instance) (scrape_duration_seconds{{{TARGET}}})"
    return timeseries(
        "Duration by query",
        "How long each query took, and dashed the whole scrape as Prometheus saw it. The queries run at the "
        "same time: the scrape is about as long as the slowest.",
        [
            Query(latest("betatel_scrape_query_duration_seconds", "query"), "{{account}} {{query}}"),
            Query(of_exporters(scrape), "{{instance}} scrape"),
        ],
        unit="s",
        no_value=NO_DATA,
        overrides=[matching("scrape$", line(GREY, dashed=True))],
        figures=True,
    )


def _failures() -> Json:
    failed = f"rate(betatel_api_failures_total{{{ACCOUNT}}}[$__rate_interval])"
    return timeseries(
        "Failed calls a minute, by reason",
        "unauthorized: the key. rate_limited: ask less often. timeout, connect, tls: the way to the API. "
        "server_error, invalid_response: the API itself.",
        [
            Query(
                f"60 * sum by (account, instance, reason) ({failed}) > 0",
                "{{reason}} {{account}} {{instance}}",
            )
        ],
        unit="cpm",
        no_value="no failed call seen",
        stacked=True,
        bars=True,
    )


def _ages() -> Json:
    return bargauge(
        "Data age by query",
        "How long ago each query last succeeded. What it told since then is missing.",
        Query(queries.data_age(), "{{account}} {{query}}", instant=True),
        unit="s",
        no_value=NO_DATA,
        steps=limits.DATA_AGE_SECONDS,
        top=900,
    )


def _latency() -> Json:
    buckets = f"betatel_api_request_duration_seconds_bucket{{{TARGET}}}"
    rates = f"sum by (le, operation, instance) (rate({buckets}[$__rate_interval]))"
    return timeseries(
        "API answer times",
        "Median and 95th percentile of the HTTP requests of each exporter, all its accounts together.",
        [
            Query(f"histogram_quantile(0.5, {rates})", "{{operation}} median {{instance}}"),
            Query(f"histogram_quantile(0.95, {rates})", "{{operation}} 95 % {{instance}}"),
        ],
        unit="s",
        no_value="no calls",
        figures=True,
    )


def _versions() -> Json:
    return table(
        "Versions",
        "What runs where.",
        ["job", "instance", "version", "revision", "python_version"],
        [Column("Up", f"betatel_exporter_build_info{{{TARGET}}}", "none", words=UP_OR_DOWN)],
        no_value="no exporter",
    )


def _restarts() -> Json:
    return stat(
        "Restarts in the time shown",
        "How often the process behind an instance started anew. A replaced pod is a new instance instead.",
        Query(
            of_exporters(f"changes(process_start_time_seconds{{{TARGET}}}[$__range])"),
            "{{instance}}",
            instant=True,
        ),
        unit="none",
        no_value="no exporter",
        steps=limits.ANY_IS_BAD,
        decimals=0,
    )


def _calls() -> Json:
    sent = f"rate(betatel_api_requests_total{{{ACCOUNT}}}[$__rate_interval])"
    return timeseries(
        "Calls a minute",
        "HTTP requests sent to the API. Every exporter of an account sends its own.",
        [
            Query(
                f"60 * sum by (account, instance, operation) ({sent})",
                "{{operation}} {{account}} {{instance}}",
            )
        ],
        unit="cpm",
        no_value="no calls",
        stacked=True,
    )


def _memory() -> Json:
    return timeseries(
        "Memory",
        "Resident memory of the process.",
        [Query(of_exporters(f"process_resident_memory_bytes{{{TARGET}}}"), "{{instance}}")],
        unit="bytes",
        no_value="no exporter",
    )


def _processor() -> Json:
    return timeseries(
        "CPU",
        "Processor time the process used: 100 % is one core.",
        [
            Query(
                of_exporters(f"rate(process_cpu_seconds_total{{{TARGET}}}[$__rate_interval])"), "{{instance}}"
            )
        ],
        unit="percentunit",
        no_value="no exporter",
    )
