"""docs/metrics.md, from the code."""

from collections.abc import Mapping

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.definitions import CATALOGUE
from betatel_exporter.recent.destinations import MAX_LINGERING
from tools.markdown import GENERATED, codes, table


def files() -> Mapping[str, str]:
    return {"docs/metrics.md": metrics()}


def metrics() -> str:
    rows = (
        (f"`{metric.name}`", metric.type, codes(metric.labels), metric.meaning, metric.source, metric.series)
        for metric in CATALOGUE
    )
    return f"""{GENERATED}
# Metrics

{table(("metric", "type", "labels", "meaning", "source", "number of series"), rows)}

`/metrics` also has the client library's `process_*` and `python_*`; `/probe` has neither these nor what accounts
share.

| label | values |
|---|---|
| `account` | the configured names, never an account id |
| `window` | the configured windows, of {codes(Window)} |
| `status` | {codes(Status)}; all of them if their query succeeded, including zeros |
| `currency` | the API's; `EUR` if it has none |
| `country`, `network` | the API's, trimmed and cut to 48 characters; `unknown` if empty; `other` as below |
| `reached` | `true`, `false` |
| `query` | `stats/` and a window, `tdr/` and a status, `tdr/recent` |
| `operation` | `stats`, `tdr` |
| `reason` | {codes(Reason)}; see [reliability.md](reliability.md#reasons) |

The series of a failed query are absent, never 0 and never the last known value. The gauges can fall: do not use
`rate()` or `increase()` on them.

## Recent records

The query `tdr/recent` reads the newest records of all statuses. Messages count from an age of `recent_settle`, because
younger ones may still be on their way, to 30 minutes. If these are fewer than 20, the newest 20 count, up to an age of
6 hours. A counted message that is still PENDING or SENT is a code that did not arrive in time.

A scrape reads at most `recent_pages` pages of 100 records. If the period needs more, the pages are spread evenly over
it and `betatel_telegram_recent_coverage_ratio` is below 1: shares are then those of a sample. The first scrape reads
one page only.

A destination is a country and a network and has nine series. The `recent_destinations` with most messages have series
of their own, and keep them for an hour ({MAX_LINGERING} destinations at most); the others are summed up as the country
and network `other`. So is a country or network with four digits in a row or a control character: a misplaced phone
number is never a label. Twenty destinations and `other` are 189 series an account. With `recent_pages: 0` there are
none.
"""
