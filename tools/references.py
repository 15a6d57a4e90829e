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

Beside these the client library's own `process_*` and `python_*` on `/metrics`; `/probe` has neither those nor what the
accounts share.

| label | values |
|---|---|
| `account` | the configured names, never an account id |
| `window` | the configured windows, of {codes(Window)} |
| `status` | {codes(Status)}, all of them whenever their query succeeded, zeros included |
| `currency` | the API's; `EUR` where it has none |
| `country`, `network` | the API's, trimmed and cut to 48 characters; `unknown` where it has none, `other` as below |
| `reached` | `true`, `false` |
| `query` | `stats/` and a window, `tdr/` and a status, `tdr/recent` |
| `operation` | `stats`, `tdr` |
| `reason` | {codes(Reason)} |

A query that failed costs its own series only: they are absent from the page, never 0 and never the last known. Windows
overlap, so no sum over `window` means anything. They are gauges, because they can fall: no `rate` or `increase` on them.

## Recent records

The query `tdr/recent` reads the newest records of all statuses. A message counts from an age of `recent_settle`, because a
younger one may still be on its way, up to 30 minutes. Where these are fewer than 20, the newest 20 count, up to 6 hours old.
`betatel_telegram_recent_period_seconds` is the age that applies. A counted message that is still PENDING or SENT is a code
that did not come in time.

A scrape reads at most `recent_pages` pages of 100 records. If the period needs more, the pages are spread evenly over it and
`betatel_telegram_recent_coverage_ratio` is below 1: shares are then those of a sample. The first scrape reads one page,
because it does not know yet how many there are.

A destination is a country and a network, and costs nine series. The `recent_destinations` with most messages have series of
their own and keep them for an hour ({MAX_LINGERING} destinations at most keep them so); all others are one destination with
`other` as country and network. A country or network with four digits in a row or a control character is `other` as well, so
that a misplaced phone number is never a label. Twenty destinations and `other` are 189 series an account. With
`recent_pages: 0` there are none, and no page of records is requested.
"""
